/* babble.c: the same words over and over. */
#include "base/bounds.h"
#include "search/guard/rules.h"

/* How often in a row the same words are babble. Signs are repeated in forms:
 * "XXXX XXXX XXXX XXXX", "x.x.x.x", "0, 0, 0, 0". */
#define REPEATS 4
#define SIGN_REPEATS 8
#define MOST_PERIOD 4 /* words */

static bool same_word(const pmpo_term *a, const pmpo_term *b)
{
    return pmpo_str_alike(a->text, b->text);
}

/* A number, one character, or one again and again. */
static bool is_sign(const pmpo_term *t)
{
    size_t end = 1;
    while (end < t->text.len &&
           ((unsigned char)t->text.ptr[end] & 0xc0) == 0x80) {
        end++;
    }
    const pmpo_str one = pmpo_str_sub(t->text, 0, end);
    for (size_t at = 0; at < t->text.len; at += one.len) {
        if (!pmpo_same_at(t->text, at, one)) {
            return t->number;
        }
    }
    return true;
}

static pmpo_str from_to(const pmpo_term *a, const pmpo_term *b)
{
    const char *end = b->text.ptr + b->text.len;
    return (pmpo_str){a->text.ptr, (size_t)(end - a->text.ptr)};
}

/* A small model that is stuck says the same words until it may say no more. */
int pmpo_rule_babble(const pmpo_guard_input *in, pmpo_arena *mem,
                     pmpo_guard_refusal *r)
{
    pmpo_term *t;
    size_t n;
    if (pmpo_text_terms(in->prompt, mem, &t, &n) < 0) {
        return PMPO_ENOMEM;
    }
    for (size_t period = 1; period <= MOST_PERIOD; period++) {
        size_t alike = 0;
        for (size_t i = period; i < n; i++) {
            size_t most = is_sign(&t[i]) ? SIGN_REPEATS : REPEATS;
            alike = same_word(&t[i], &t[i - period]) ? alike + 1 : 0;
            if (alike >= (most - 1) * period &&
                !pmpo_was_there(in,
                                from_to(&t[i - alike - period + 1], &t[i]))) {
                pmpo_str once = from_to(&t[i + 1 - period], &t[i]);
                return pmpo_refuse(r, "it says '%.*s' over and over",
                                   pmpo_quoted(once), once.ptr);
            }
        }
    }
    return 0;
}
