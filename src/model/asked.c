/* asked.c: puts the demonstrations of a prompt in their place; see
 * pmpo_asked. */
#include "base/error.h"
#include "data/data.h"
#include "model/template.h"
#include "text/demos.h"

/* What a demonstration's input is compared with. */
static pmpo_str question_of(const pmpo_example *e)
{
    for (size_t i = e->n_messages; i-- > 0;) {
        if (pmpo_str_eq(e->messages[i].role, PMPO_STR("user"))) {
            return pmpo_str_trim(e->messages[i].content);
        }
    }
    return pmpo_str_trim(e->input);
}

/* The paragraphs behind the example's own answer in the output of the last
 * demonstration: the prompt may close with an instruction. Where the output says
 * anything else, all of it may be the answer. */
static pmpo_str tail_of(pmpo_str output, const pmpo_example *e)
{
    pmpo_str own = pmpo_str_trim(e->target);
    pmpo_str rest = pmpo_str_starts(output, own)
                        ? pmpo_str_sub(output, own.len, output.len)
                        : PMPO_STR("");
    return pmpo_str_starts(rest, PMPO_STR("\n\n")) ? pmpo_str_trim(rest)
                                                   : PMPO_STR("");
}

/* Takes the example itself out. Returns how many that were. */
static size_t drop_own(pmpo_demos *d, const pmpo_example *e)
{
    pmpo_str own = question_of(e);
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (!pmpo_str_eq(d->of[i].input, own)) {
            d->of[n++] = d->of[i];
        } else if (i + 1 == d->n && d->as == PMPO_DEMOS_AS_TEXT) {
            d->tail = tail_of(d->of[i].output, e);
        }
    }
    size_t dropped = d->n - n;
    d->n = n;
    return dropped;
}

bool pmpo_asked_drops(pmpo_str prompt, const pmpo_example *e)
{
    pmpo_demos d;
    pmpo_demos_read(prompt, &d);
    return drop_own(&d, e) > 0;
}

int pmpo_asked_with(pmpo_str prompt, const pmpo_example *e, pmpo_arena *mem,
                    pmpo_asked *out, pmpo_error *err)
{
    pmpo_demos d;
    pmpo_demos_read(prompt, &d);
    *out = (pmpo_asked){prompt, *e};
    if (d.n == 0) {
        return 0;
    }
    size_t dropped = drop_own(&d, e);
    if (d.as == PMPO_DEMOS_AS_TURNS) {
        out->instruction = d.instruction;
        return d.n > 0 &&
                       pmpo_example_after(e, d.of, d.n, mem, &out->example) < 0
                   ? pmpo_fail_memory(err)
                   : 0;
    }
    if (dropped > 0) {
        pmpo_buf b = {0};
        pmpo_demos_write(&d, &b);
        out->instruction = pmpo_arena_str(mem, pmpo_buf_str(&b));
        bool failed = b.failed || !out->instruction.ptr;
        pmpo_buf_release(&b);
        return failed ? pmpo_fail_memory(err) : 0;
    }
    return 0;
}
