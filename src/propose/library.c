/* library.c: fixed general instructions, ours and the user's.
 *
 * They cost no generation and fit any input of their kind, so they are raced at the start:
 * a run then never ends below the best of them. Each asks for one thing that
 * helps on some kind of task; together they are what a practised person would
 * try first. The published baselines (arXiv 2505.16307, section 4) come
 * first. To add one of ours, add its line; docs/proposers.md lists them. */
#include "base/error.h"
#include "propose/propose.h"
#include "propose/shape.h"

/* Which answers an instruction is about. */
typedef enum about { ANY, LABELS, CHOICES } about;

static const struct {
    const char *text;
    about answers;
} ours[] = {
    /* the form of the answer */
    {"Answer the question.", ANY},
    {"Give the final answer only, without any explanation.", ANY},
    {"Answer with the label only.", LABELS},
    {"Answer briefly and plainly.", ANY},
    {"Answer in one short sentence.", ANY},
    {"Answer in full, with the reasons.", ANY},
    /* the way there */
    {"Solve the problem in brief steps, one per line. End with a last line "
     "that gives the final answer.",
     ANY},
    {"Restate the problem in your own words, then solve it.", ANY},
    {"List the given facts first. Then work out the answer from them.", ANY},
    {"Break the problem into smaller questions and answer them one by one.",
     ANY},
    {"Write down each intermediate result before you use it.", ANY},
    {"Keep track of the state after each step, in order.", ANY},
    {"Name the rule that applies, then apply it to the input.", ANY},
    {"Work out the answer, check it against the input, and then give it.", ANY},
    /* reading and choosing */
    {"Read the input to the end before you answer. Mind negations, numbers "
     "and order.",
     ANY},
    {"Take the input literally. Assume nothing that it does not say.", ANY},
    {"Compare all options before you choose one.", CHOICES},
    {"Rule out the options that cannot be right, then choose among the rest.",
     CHOICES},
    {"Give the most likely answer, also when you are unsure.", ANY},
    /* the tone */
    {"Answer as an expert in the field would: exactly and to the point.", ANY},
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

/* Without the blanks at its end, such as the CR of a file of Windows. */
static pmpo_str trim_end(pmpo_str s)
{
    while (s.len > 0 && pmpo_is_space(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

/* Appends the next instruction of `text` from *at on; false: no more. A line
 * is one; a backslash at its end goes on with the next, which keeps the blanks
 * it begins with. */
static bool next_instruction(pmpo_str text, size_t *at, pmpo_buf *out)
{
    pmpo_buf_clear(out);
    while (*at < text.len) {
        size_t end = pmpo_str_find(text, PMPO_STR("\n"), *at);
        end = end == SIZE_MAX ? text.len : end;
        pmpo_str line = trim_end(pmpo_str_sub(text, *at, end));
        line = out->len == 0 ? pmpo_str_trim(line) : line;
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

/* ---- ours ------------------------------------------------------------------ */

/* Those about labels or options only where the answers are such; of too few
 * examples to tell, all. */
static int add_ours(const pmpo_scene *s, pmpo_proposals *out, pmpo_error *err)
{
    pmpo_shape shape = {0};
    int rc = s->train ? pmpo_shape_read(s->train, s->validation, &shape, err)
                      : 0;
    for (size_t i = 0; rc == 0 && i < N_OURS; i++) {
        bool fits = ours[i].answers == ANY || !shape.known ||
                    (ours[i].answers == LABELS ? shape.labels : shape.choices);
        rc = fits ? add(pmpo_str_of(ours[i].text), out, err) : 0;
    }
    pmpo_shape_release(&shape);
    return rc;
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
    return rc < 0 ? rc : add_ours(s, out, err);
}
