/* induce.c: an instruction from nothing but examples.
 *
 * The rewriter sees a few inputs with their outputs and writes the
 * instruction that leads from one to the other (Honovich et al., arXiv
 * 2205.10782). It sees no hard case and no old instruction, so a small one has
 * nothing to copy but the examples. Every request has its own draw of them.
 * Lines that all answers share stay out: they are the form, which the contract
 * or the chat's own text asks for; what the incumbent has of the contract is put
 * behind the instruction. */
#include "base/error.h"
#include "data/data.h"
#include "propose/contract.h"
#include "propose/forms.h"
#include "propose/replies.h"

#define LEAST_PAIRS 3   /* fewer fit too many instructions */
#define MOST_PAIRS 6    /* more make the request long for a small model */
#define PAIR_BYTES 1000 /* of each text; there are several */

/* Small models go on from such words with something general; left to
 * themselves they tell an example again, or the request. */
static const char *const openings[] = {
    "You will get", "Read the", "Your task is to", "For each", "Work out",
    "Look at", "Decide",
};

typedef struct known {
    pmpo_frame frame;   /* the lines around all answers */
    pmpo_contract held; /* by the incumbent */
} known;

/* Draws k of 0..n-1 without repetition. */
static void draw(size_t n, size_t k, uint64_t seed, size_t *out)
{
    for (size_t i = 0; i < k;) {
        size_t x = (size_t)(pmpo_random(&seed) % n), seen = 0;
        while (seen < i && out[seen] != x) {
            seen++;
        }
        if (seen == i) {
            out[i++] = x;
        }
    }
}

static int fill(const pmpo_scene *s, const void *ud, size_t i, size_t max,
                pmpo_buf *out, pmpo_error *err)
{
    (void)err;
    const known *of = ud;
    const pmpo_example *pairs[MOST_PAIRS];
    size_t drawn[MOST_PAIRS], n = pmpo_data_count(s->train);
    size_t k = LEAST_PAIRS + i % (MOST_PAIRS - LEAST_PAIRS + 1);
    k = k < n ? k : n;
    draw(n, k, pmpo_seed_for(s->o->seed, "pairs", (uint64_t)s->iteration, i, 0),
         drawn);
    for (size_t p = 0; p < k; p++) {
        pairs[p] = pmpo_data_example(s->train, drawn[p]);
    }
    size_t bytes = s->o->form == PMPO_FORM_SMALL ? PMPO_SMALL_CASE_BYTES
                                                 : PAIR_BYTES;
    pmpo_form_induce(s->o->task, pairs, k, of->frame, max < bytes ? max : bytes,
                     out);
    return 0;
}

static void splice(const pmpo_scene *s, const void *ud, size_t i, pmpo_str said,
                   pmpo_buf *out)
{
    pmpo_contract_restore(s, &((const known *)ud)->held, i, said, out);
}

/* The lines around the answers of all training examples. */
static int frame_of(const pmpo_scene *s, pmpo_frame *out, pmpo_error *err)
{
    size_t n = pmpo_data_count(s->train);
    pmpo_str *answers = pmpo_arena_alloc(s->scratch, n, sizeof(*answers));
    if (!answers) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        answers[i] = pmpo_data_example(s->train, i)->target;
    }
    *out = pmpo_frame_of(answers, n);
    return 0;
}

int pmpo_propose_inductions(const pmpo_scene *s, pmpo_proposals *out,
                            pmpo_error *err)
{
    known of;
    if (frame_of(s, &of.frame, err) < 0 ||
        pmpo_contract_held(s, &of.held, err) < 0) {
        return PMPO_ENOMEM;
    }
    const pmpo_rewrite_plan rewrites = {
        .name = "induce",
        .n_requests = (size_t)s->o->hard,
        .n_samples = (size_t)s->o->variants,
        .fill = fill,
        .splice = splice,
        .ud = &of,
        .openings = openings,
        .n_openings = sizeof(openings) / sizeof(openings[0]),
    };
    return pmpo_replies_gather(s, &rewrites, out, err);
}

size_t pmpo_most_inductions(const pmpo_optimize_options *o, int iteration)
{
    return iteration == 0 ? 0 : (size_t)o->hard * (size_t)o->variants;
}
