/* library.c: fixed general instructions, ours and the user's.
 *
 * They cost no generation and fit any input, so they are raced at the start:
 * a run then never ends below the best of them. Each asks for one thing that
 * helps on some kind of task; together they are what a practised person would
 * try first. The published baselines (arXiv 2505.16307, section 4) come
 * first. To add one of ours, add its line; docs/proposers.md lists them. */
#include "base/error.h"
#include "propose/propose.h"

static const char *const ours[] = {
    /* the form of the answer */
    "Answer the question.",
    "Give the final answer only, without any explanation.",
    "Answer with the label only.",
    "Answer briefly and plainly.",
    "Answer in one short sentence.",
    "Answer in full, with the reasons.",
    /* the way there */
    "Solve the problem in brief steps, one per line. End with a last line "
    "that gives the final answer.",
    "Restate the problem in your own words, then solve it.",
    "List the given facts first. Then work out the answer from them.",
    "Break the problem into smaller questions and answer them one by one.",
    "Write down each intermediate result before you use it.",
    "Keep track of the state after each step, in order.",
    "Name the rule that applies, then apply it to the input.",
    "Work out the answer, check it against the input, and then give it.",
    /* reading and choosing */
    "Read the input to the end before you answer. Mind negations, numbers "
    "and order.",
    "Take the input literally. Assume nothing that it does not say.",
    "Compare all options before you choose one.",
    "Rule out the options that cannot be right, then choose among the rest.",
    "Give the most likely answer, also when you are unsure.",
    /* the tone */
    "Answer as an expert in the field would: exactly and to the point.",
};

#define N_OURS (sizeof(ours) / sizeof(ours[0]))

static int add(pmpo_str prompt, pmpo_proposals *out, pmpo_error *err)
{
    pmpo_proposal *p = pmpo_proposals_add(out);
    if (!p) {
        return pmpo_fail_memory(err);
    }
    p->prompt = pmpo_arena_str(out->mem, prompt);
    return p->prompt.ptr ? 0 : pmpo_fail_memory(err);
}

/* ---- the user's ----------------------------------------------------------- */

/* Appends the next instruction of `text` from *at on; false: no more. A line
 * is one; a backslash at its end goes on with the next. */
static bool next_instruction(pmpo_str text, size_t *at, pmpo_buf *out)
{
    pmpo_buf_clear(out);
    while (*at < text.len) {
        size_t end = pmpo_str_find(text, PMPO_STR("\n"), *at);
        end = end == SIZE_MAX ? text.len : end;
        pmpo_str line = pmpo_str_trim(pmpo_str_sub(text, *at, end));
        *at = end + 1;
        bool more = line.len > 0 && line.ptr[line.len - 1] == '\\';
        bool remark = out->len == 0 && line.len > 0 && line.ptr[0] == '#';
        if (!remark) {
            pmpo_buf_put(out, pmpo_str_sub(line, 0, line.len - more));
        }
        if (more && !remark) {
            pmpo_buf_putc(out, '\n');
        } else if (pmpo_str_trim(pmpo_buf_str(out)).len > 0) {
            return true;
        }
    }
    return pmpo_str_trim(pmpo_buf_str(out)).len > 0;
}

static int add_users(pmpo_str text, pmpo_proposals *out, pmpo_error *err)
{
    pmpo_buf one = {0};
    int rc = 0;
    size_t at = 0;
    while (rc == 0 && next_instruction(text, &at, &one)) {
        rc = one.failed ? pmpo_fail_memory(err)
                        : add(pmpo_str_trim(pmpo_buf_str(&one)), out, err);
    }
    pmpo_buf_release(&one);
    return rc;
}

size_t pmpo_most_library(const pmpo_optimize_options *o, int iteration)
{
    pmpo_buf one = {0};
    size_t n = N_OURS + PMPO_N_BASELINES, at = 0;
    while (iteration == 0 && next_instruction(o->library, &at, &one)) {
        n++;
    }
    pmpo_buf_release(&one);
    return iteration == 0 ? n : 0;
}

/* ---- the row --------------------------------------------------------------- */

int pmpo_propose_library(const pmpo_scene *s, pmpo_proposals *out,
                         pmpo_error *err)
{
    int rc = 0;
    if (s->iteration > 0) { /* they don't change */
        return 0;
    }
    rc = add_users(s->o->library, out, err);
    for (int i = 0; rc == 0 && i < PMPO_N_BASELINES; i++) {
        const char *text;
        pmpo_baseline(i, &text);
        rc = add(pmpo_str_of(text), out, err);
    }
    for (size_t i = 0; rc == 0 && i < N_OURS; i++) {
        rc = add(pmpo_str_of(ours[i]), out, err);
    }
    return rc;
}
