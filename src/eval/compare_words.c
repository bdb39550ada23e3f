/* compare_words.c: the sentence about the best prompt. */
#include <math.h>

#include "eval/compare.h"
#include "base/str.h"

static void put_test(pmpo_buf *b, const pmpo_compare_gain *g, double scale,
                     const char *unit)
{
    pmpo_buf_printf(b, ", %+.*f%s", scale > 1 ? 1 : 4, scale * g->value, unit);
    if (isfinite(g->low) && isfinite(g->high)) {
        pmpo_buf_printf(b, " (95 %% interval %.*f to %.*f)", scale > 1 ? 1 : 4,
                        scale * g->low + 0.0, scale > 1 ? 1 : 4,
                        scale * g->high + 0.0);
    }
}

/* n_tests: of the family that p is corrected for. */
static void put_p(pmpo_buf *b, const pmpo_compare_gain *g, size_t n_tests,
                  bool shown)
{
    if (isfinite(g->p_holm)) {
        pmpo_buf_printf(b, "; %s, p = %.2g",
                        shown ? "better than prompt 1"
                              : "not shown to be better "
                                "than prompt 1",
                        g->p_holm);
        if (n_tests > 1) {
            pmpo_buf_printf(b, " after correction for %zu comparisons",
                            n_tests);
        }
    } else {
        pmpo_buf_puts(b, "; too few examples for a test");
    }
}

static void put_by_right(pmpo_buf *b, const pmpo_compare_cell *c,
                         size_t n_tests, const pmpo_compare_best *best)
{
    const pmpo_compare_cell *pick = &c[best->pick];
    if (pick->right == c[0].right) { /* chosen by loss among equals */
        pmpo_buf_printf(b,
                        "prompt %d has as many right answers as prompt 1, "
                        "%.1f %%, and a lower loss",
                        best->pick + 1, 100 * pick->right);
        put_p(b, &pick->right_gain, n_tests, best->shown);
        return;
    }
    pmpo_buf_printf(b, "prompt %d has most right answers: %.1f %% after prompt "
                    "1's %.1f %%", best->pick + 1, 100 * pick->right,
                    100 * c[0].right);
    put_test(b, &pick->right_gain, 100, " points");
    put_p(b, &pick->right_gain, n_tests, best->shown);
}

static void put_by_loss(pmpo_buf *b, const pmpo_compare_cell *c, size_t n_tests,
                        const pmpo_compare_best *best)
{
    const pmpo_compare_cell *pick = &c[best->pick];
    pmpo_buf_printf(b, "prompt %d has the lowest loss: %.4f after prompt 1's "
                    "%.4f", best->pick + 1, pick->loss, c[0].loss);
    put_test(b, &pick->loss_gain, 1, " nats");
    put_p(b, &pick->loss_gain, n_tests, best->shown);
}

const char *pmpo_compare_verdict(const pmpo_compare_cell *cells, size_t n,
                                 size_t n_tests, const pmpo_compare_best *best,
                                 pmpo_arena *mem)
{
    pmpo_buf b = {0};
    bool by_right = best->by_right >= 0;
    if (n < 2) {
        pmpo_buf_puts(&b, "there is one prompt only");
    } else if (best->pick == 0) {
        pmpo_buf_printf(&b, "prompt 1: no other prompt has %s",
                        by_right ? "more right answers" : "a lower loss");
    } else if (by_right) {
        put_by_right(&b, cells, n_tests, best);
    } else {
        put_by_loss(&b, cells, n_tests, best);
    }
    pmpo_str copy = b.failed ? (pmpo_str){NULL, 0}
                             : pmpo_arena_str(mem, pmpo_buf_str(&b));
    pmpo_buf_release(&b);
    return copy.ptr;
}
