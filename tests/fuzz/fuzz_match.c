/* fuzz_match.c: reading the answers of arbitrary replies.
 *
 * Input: a byte that gives the number of options and whether the reply was cut
 * off, then the options' texts, one a line, an empty line, the reply. Aborts
 * when a promise of match.h is broken. */
#include <math.h>
#include <stdlib.h>

#include "eval/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 8

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Takes one line off *s. */
static pmpo_str take_line(pmpo_str *s)
{
    size_t end = pmpo_str_find(*s, PMPO_STR("\n"), 0);
    end = end == SIZE_MAX ? s->len : end;
    pmpo_str line = pmpo_str_sub(*s, 0, end);
    *s = pmpo_str_sub(*s, end < s->len ? end + 1 : end, s->len);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    pmpo_str texts[MOST], reply = {(const char *)data + 1, size - 1};
    pmpo_answers_known k = {texts, data[0] & 64 ? texts : NULL, 0};
    bool complete = data[0] & 128;
    for (size_t i = 0; i < data[0] % (MOST + 1u); i++) {
        pmpo_str line = take_line(&reply);
        if (line.len == 0) {
            break;
        }
        texts[k.n++] = line;
    }
    double v;
    if (pmpo_read_number(reply, complete, &v)) {
        expect(!isnan(v));
    }
    char c = pmpo_read_letter(reply, complete, &k);
    expect(c == 0 || (c >= 'A' && c < 'A' + (k.n ? (int)k.n : 26)));
    size_t option = k.n ? pmpo_read_option(reply, complete, &k) : SIZE_MAX;
    expect(option == SIZE_MAX || option < k.n);
    size_t n_right = 0; /* one reply gives one answer */
    for (size_t i = 0; i < k.n; i++) {
        n_right += pmpo_match_exact(reply, complete, k.options[i], &k) &&
                   option == i;
    }
    expect(n_right <= 1);
    pmpo_match_exact(reply, complete, k.n ? texts[0] : reply, NULL);
    return 0;
}
