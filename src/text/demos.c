/* demos.c: see demos.h. */
#include "text/demos.h"

#include "pmpo.h"

#define TEXT_HEAD "Examples:\n\n"
#define TEXT_INPUT "Input: "
#define TEXT_OUTPUT "\nOutput: "
#define TEXT_BETWEEN "\n\n"
#define TURN_INPUT PMPO_DEMO_OPEN "\n"
#define TURN_OUTPUT "\n" PMPO_DEMO_ANSWER "\n"
#define TURN_END "\n" PMPO_DEMO_CLOSE

/* The marks around a demonstration's texts. */
typedef struct form {
    pmpo_str head; /* before the first */
    pmpo_str open, answer, close, between;
} form;

static form form_of(pmpo_demos_as as)
{
    return as == PMPO_DEMOS_AS_TEXT
               ? (form){PMPO_STR(TEXT_HEAD), PMPO_STR(TEXT_INPUT),
                        PMPO_STR(TEXT_OUTPUT), PMPO_STR(""),
                        PMPO_STR(TEXT_BETWEEN)}
               : (form){PMPO_STR(""), PMPO_STR(TURN_INPUT),
                        PMPO_STR(TURN_OUTPUT), PMPO_STR(TURN_END),
                        PMPO_STR("\n\n")};
}

/* ---- reading ------------------------------------------------------------- */

/* One demonstration at the beginning of *s, which is moved behind it. False:
 * it is not whole. */
static bool read_one(const form *f, pmpo_str *s, pmpo_demo *out)
{
    if (!pmpo_str_starts(*s, f->open)) {
        return false;
    }
    pmpo_str x = pmpo_str_sub(*s, f->open.len, s->len);
    size_t answer = pmpo_str_find(x, f->answer, 0);
    if (answer == SIZE_MAX) {
        return false;
    }
    size_t begin = answer + f->answer.len, end;
    if (f->close.len > 0) {
        end = pmpo_str_find(x, f->close, begin);
    } else { /* it ends where the next one begins */
        for (size_t from = begin;; from = end + 1) {
            end = pmpo_str_find(x, f->between, from);
            if (end == SIZE_MAX ||
                pmpo_str_starts(pmpo_str_sub(x, end + f->between.len, x.len),
                                f->open)) {
                break;
            }
        }
        end = end == SIZE_MAX ? x.len : end;
    }
    if (end == SIZE_MAX) {
        return false;
    }
    out->input = pmpo_str_trim(pmpo_str_sub(x, 0, answer));
    out->output = pmpo_str_trim(pmpo_str_sub(x, begin, end));
    *s = pmpo_str_trim(pmpo_str_sub(x, end + f->close.len, x.len));
    return out->input.len > 0 && out->output.len > 0;
}

/* All of `s` as demonstrations of this form. */
static bool read_all(const form *f, pmpo_str s, pmpo_demos *out)
{
    out->n = 0;
    while (s.len > 0) {
        if (out->n == PMPO_MAX_DEMOS || !read_one(f, &s, &out->of[out->n])) {
            out->n = 0;
            return false;
        }
        out->n++;
    }
    return out->n > 0;
}

/* The offset, from `from` on, at which a paragraph of s begins with `what`. */
static size_t paragraph_with(pmpo_str s, pmpo_str what, size_t from)
{
    size_t at = pmpo_str_find(s, what, from);
    while (at != SIZE_MAX && at > 0 &&
           (at < 2 || memcmp(s.ptr + at - 2, "\n\n", 2) != 0)) {
        at = pmpo_str_find(s, what, at + 1);
    }
    return at;
}

static bool read_form(pmpo_str prompt, pmpo_demos_as as, pmpo_demos *out)
{
    const form f = form_of(as);
    pmpo_str first = f.head.len > 0 ? f.head : f.open;
    size_t at = paragraph_with(prompt, first, 0);
    while (at != SIZE_MAX) {
        pmpo_str rest = pmpo_str_sub(prompt, at + f.head.len, prompt.len);
        if (read_all(&f, pmpo_str_trim(rest), out)) {
            pmpo_str head = pmpo_str_sub(prompt, 0, at);
            while (head.len > 0 && pmpo_is_space(head.ptr[head.len - 1])) {
                head.len--;
            }
            out->instruction = head;
            out->rest = pmpo_str_sub(prompt, head.len, prompt.len);
            out->as = as;
            return true;
        }
        at = paragraph_with(prompt, first, at + 1);
    }
    return false;
}

void pmpo_demos_read(pmpo_str prompt, pmpo_demos *out)
{
    out->tail = PMPO_STR("");
    if (!read_form(prompt, PMPO_DEMOS_AS_TURNS, out) &&
        !read_form(prompt, PMPO_DEMOS_AS_TEXT, out)) {
        out->instruction = prompt;
        out->rest = PMPO_STR("");
        out->n = 0;
        out->as = PMPO_DEMOS_AS_TEXT;
    }
}

/* ---- as a segment -------------------------------------------------------- */

pmpo_span pmpo_demos_span(pmpo_str prompt, const pmpo_demos *d)
{
    pmpo_str all = pmpo_str_trim(d->rest); /* borrowed from the prompt */
    size_t begin = (size_t)(all.ptr - prompt.ptr);
    return (pmpo_span){begin, begin + all.len};
}

void pmpo_demos_add_segment(pmpo_str prompt, const pmpo_demos *d, int max,
                            pmpo_span *segments, size_t *n)
{
    if (d->n == 0) {
        return;
    }
    pmpo_span all = pmpo_demos_span(prompt, d);
    if (*n == (size_t)max || *n == PMPO_MAX_SEGMENTS) {
        segments[*n - 1].end = all.end;
    } else {
        segments[(*n)++] = all;
    }
}

/* ---- writing ------------------------------------------------------------- */

void pmpo_demos_write(const pmpo_demos *d, pmpo_buf *out)
{
    const form f = form_of(d->as);
    pmpo_buf_put(out, d->instruction);
    for (size_t i = 0; i < d->n; i++) {
        bool first = i == 0;
        pmpo_buf_puts(out, first && d->instruction.len > 0 ? "\n\n" : "");
        pmpo_buf_put(out, first ? f.head : f.between);
        pmpo_buf_put(out, f.open);
        pmpo_buf_put(out, d->of[i].input);
        pmpo_buf_put(out, f.answer);
        pmpo_buf_put(out, d->of[i].output);
        pmpo_buf_put(out, f.close);
    }
    if (d->tail.len > 0) {
        pmpo_buf_puts(out, d->n + d->instruction.len > 0 ? "\n\n" : "");
        pmpo_buf_put(out, d->tail);
    }
}

int pmpo_demos_can_hold(pmpo_demos_as as, pmpo_demo d, bool *yes)
{
    /* Between others, so that what its ends do to them shows. */
    const pmpo_demo other = {PMPO_STR("a"), PMPO_STR("b")};
    const pmpo_demos written = {.instruction = PMPO_STR("x"),
                                .of = {other, d, other},
                                .n = 3,
                                .as = as};
    pmpo_demos back;
    pmpo_buf b = {0};
    pmpo_demos_write(&written, &b);
    pmpo_demos_read(pmpo_buf_str(&b), &back);
    *yes = back.n == 3 && back.as == as &&
           pmpo_str_eq(back.instruction, written.instruction) &&
           pmpo_str_eq(back.of[1].input, d.input) &&
           pmpo_str_eq(back.of[1].output, d.output) &&
           pmpo_str_eq(back.of[2].input, other.input);
    bool failed = b.failed;
    pmpo_buf_release(&b);
    return failed ? PMPO_ENOMEM : 0;
}
