/* contract.c: the sentences that ask for the form of the known answers.
 *
 * No model is needed: shape.c reads the form off the training targets, and the
 * labels off the validation part, too (labels.h). The
 * sentences are proposed alone, before the first iteration, and added to each
 * new incumbent, all of them and one by one. */
#include "propose/contract.h"

#include "base/error.h"
#include "propose/shape.h"
#include "text/text.h"

/* In the order in which a prompt has them; "": none. Borrowed from `shape`. */
static void list_sentences(const pmpo_shape *shape, pmpo_str *out)
{
    out[0] = pmpo_buf_str(&shape->steps);
    out[1] = pmpo_buf_str(&shape->answer);
    out[2] = pmpo_buf_str(&shape->end);
    out[3] = pmpo_buf_str(&shape->style);
}

static int add(const pmpo_scene *s, pmpo_str prompt, bool from_incumbent,
               pmpo_proposals *out, pmpo_error *err)
{
    if (pmpo_scene_tried(s, prompt)) {
        return 0;
    }
    pmpo_proposal *p = pmpo_proposals_add(out);
    if (!p) {
        return pmpo_fail_memory(err);
    }
    p->parents[0] = s->incumbent_id;
    p->n_parents = from_incumbent;
    p->joined = from_incumbent;
    p->prompt = pmpo_arena_str(out->mem, prompt);
    return p->prompt.ptr ? 0 : pmpo_fail_memory(err);
}

/* The incumbent with `more` behind it, unless it says so already. */
static int add_to_incumbent(const pmpo_scene *s, pmpo_str more,
                            pmpo_proposals *out, pmpo_error *err)
{
    if (more.len == 0 || pmpo_str_find(s->instruction, more, 0) != SIZE_MAX) {
        return 0;
    }
    pmpo_buf b = {0};
    pmpo_text_join(s->instruction, more, &b);
    int rc = b.failed ? pmpo_fail_memory(err)
                      : add(s, pmpo_buf_str(&b), true, out, err);
    pmpo_buf_release(&b);
    return rc;
}

static int propose(const pmpo_scene *s, const pmpo_str *sentences,
                   pmpo_proposals *out, pmpo_error *err)
{
    pmpo_buf whole = {0};
    size_t n = 0;
    for (size_t i = 0; i < PMPO_CONTRACT_SENTENCES; i++) {
        pmpo_text_join(PMPO_STR(""), sentences[i], &whole);
        pmpo_buf_puts(&whole, sentences[i].len ? " " : "");
        n += sentences[i].len > 0;
    }
    pmpo_str all = pmpo_str_trim(pmpo_buf_str(&whole));
    int rc = whole.failed ? pmpo_fail_memory(err) : 0;
    if (rc == 0 && n > 0 && s->iteration == 0) {
        rc = add(s, all, false, out, err);
    }
    rc = rc < 0 ? rc : add_to_incumbent(s, all, out, err);
    for (size_t i = 0; rc == 0 && n > 1 && i < PMPO_CONTRACT_SENTENCES; i++) {
        rc = add_to_incumbent(s, sentences[i], out, err);
    }
    pmpo_buf_release(&whole);
    return rc;
}

int pmpo_propose_contract(const pmpo_scene *s, pmpo_proposals *out,
                          pmpo_error *err)
{
    pmpo_shape shape;
    int rc = pmpo_shape_read(s->train, s->validation, &shape, err);
    pmpo_str sentences[PMPO_CONTRACT_SENTENCES];
    list_sentences(&shape, sentences);
    rc = rc < 0 ? rc : propose(s, sentences, out, err);
    pmpo_shape_release(&shape);
    return rc;
}

size_t pmpo_most_contract(const pmpo_optimize_options *o, int iteration)
{
    (void)o;
    return PMPO_CONTRACT_SENTENCES + (iteration == 0 ? 2 : 1);
}

/* ---- what a rewriter loses -------------------------------------------------- */

int pmpo_contract_held(const pmpo_scene *s, pmpo_contract *out, pmpo_error *err)
{
    pmpo_shape shape;
    pmpo_str sentences[PMPO_CONTRACT_SENTENCES];
    *out = (pmpo_contract){.n = 0};
    if (s->o->paper) {
        return 0;
    }
    int rc = pmpo_shape_read(s->train, s->validation, &shape, err);
    list_sentences(&shape, sentences);
    for (size_t i = 0; rc == 0 && i < PMPO_CONTRACT_SENTENCES; i++) {
        if (sentences[i].len > 0 &&
            pmpo_str_find(s->instruction, sentences[i], 0) != SIZE_MAX) {
            out->sentences[out->n] = pmpo_arena_str(s->scratch, sentences[i]);
            rc = out->sentences[out->n++].ptr ? 0 : pmpo_fail_memory(err);
        }
    }
    pmpo_shape_release(&shape);
    return rc;
}

/* Perhaps in the middle of a sentence: but for its first letter and its stop. */
static bool says(pmpo_str text, pmpo_str sentence)
{
    pmpo_str middle = pmpo_str_sub(sentence, 1, sentence.len - 1);
    return pmpo_str_find(text, middle, 0) != SIZE_MAX;
}

void pmpo_contract_restore(const pmpo_scene *s, const void *held, size_t i,
                           pmpo_str said, pmpo_buf *out)
{
    (void)s;
    (void)i;
    const pmpo_contract *c = held;
    pmpo_buf lost = {0};
    for (size_t k = 0; k < c->n; k++) {
        if (!says(said, c->sentences[k])) {
            pmpo_buf_puts(&lost, lost.len ? " " : "");
            pmpo_buf_put(&lost, c->sentences[k]);
        }
    }
    if (lost.len > 0) {
        pmpo_text_join(said, pmpo_buf_str(&lost), out);
    } else {
        pmpo_buf_put(out, said);
    }
    out->failed = out->failed || lost.failed;
    pmpo_buf_release(&lost);
}
