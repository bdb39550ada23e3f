/* propose.h: where new instructions come from.
 *
 * A proposer gets the scene (what the search knows at that moment) and appends
 * proposals to a list. It does not judge them and keeps no state: everything
 * that it generates or scores goes through the scene, which stores the results,
 * so that the same scene gives the same proposals in every sitting. */
#ifndef PMPO_PROPOSE_PROPOSE_H
#define PMPO_PROPOSE_PROPOSE_H

#include "pmpo_custom.h"
#include "propose/jobs.h"
#include "text/keep.h"

/* ---- what a proposer gives ----------------------------------------------- */

/* A proposed prompt, or a reply in which no prompt could be found. Texts live
 * in the list's arena. */
typedef struct pmpo_proposal {
    pmpo_str prompt; /* empty if `why` is set */
    bool whole; /* false: the incumbent's demonstrations are appended to it */
    bool joined; /* sentences of several prompts are in it, or of the contract:
                  * they have to fit together */
    bool asked;      /* the rewriter was asked, and `reply` is its reply */
    pmpo_str reply;
    const char *why; /* why the reply has no prompt; NULL: it has one */
    int parents[PMPO_MAX_PARENTS]; /* ids of the prompts it was made from */
    size_t n_parents;              /* 0: from no prompt of the run */
    int hard_case, variant;        /* -1: none */
    uint64_t seed;                 /* of the sample; 0: none */
    size_t n_tokens;               /* of the reply */
} pmpo_proposal;

typedef struct pmpo_proposals {
    pmpo_proposal *of;
    size_t n, cap;
    pmpo_arena *mem;
} pmpo_proposals;

/* Appends an empty proposal; the pointer is valid until the next call. NULL:
 * out of memory. */
pmpo_proposal *pmpo_proposals_add(pmpo_proposals *list);

/* ---- what a proposer knows ----------------------------------------------- */

/* A part of some prompt of the run, and how much the loss rose without it. */
typedef struct pmpo_known_segment {
    pmpo_str text;
    double effect;
    int prompt; /* id */
} pmpo_known_segment;

typedef struct pmpo_scene {
    pmpo_jobs *jobs;                /* the rewriter's */
    const pmpo_optimize_options *o; /* form resolved, task never empty */
    const pmpo_data *train;
    const pmpo_data *validation;    /* for the set of labels, and nothing else;
                                     * NULL: there is none */
    int iteration;                  /* 1..; 0: before the first */
    const pmpo_candidate_row *rows; /* the run's prompts so far, by id */
    size_t n_rows;
    pmpo_str incumbent;
    int incumbent_id;
    /* The incumbent in two parts: the instruction, from which proposals are
     * made, and its demonstrations (text/demos.h), which are appended to them;
     * may be empty. */
    pmpo_str instruction, demos;
    const pmpo_kept *kept; /* parts to keep; they are restored in a prompt that
                            * lacks them */
    const pmpo_segment_effect *segments; /* the incumbent's; may be none */
    size_t n_segments;
    double noise_floor;  /* of their effects; NAN: not measured */
    const pmpo_known_segment *past_segments; /* of the incumbents so far */
    size_t n_past_segments;
    const size_t *cases; /* hard cases: indices of training examples */
    size_t n_cases;
    /* Stores a remark with the run, see pmpo_store_put_note. `ud` is the
     * scene's, here and below. */
    int (*note)(void *ud, pmpo_note kind, int iteration, int place,
                const char *text, pmpo_error *err);
    /* The mean training loss of each of the n prompts over the first `most`
     * examples or somewhat more (whole blocks); INFINITY: too long. Fails with
     * PMPO_EBUDGET and other codes of scoring. */
    int (*losses)(void *ud, const pmpo_str *prompts, size_t n, size_t most,
                  double *out, pmpo_error *err);
    /* *yes: vetting would accept this prompt, from the rewriter, for
     * scoring. joined: as in pmpo_proposal. */
    int (*sound)(void *ud, pmpo_str prompt, bool joined, bool *yes,
                 pmpo_error *err);
    void *ud;
    pmpo_arena *scratch; /* released after the proposer has returned */
} pmpo_scene;

/* Is there already a prompt in the run that is equal to this one, or to this
 * one with the incumbent's demonstrations, apart from white space at the
 * ends? */
bool pmpo_scene_tried(const pmpo_scene *s, pmpo_str prompt);
/* Is this segment of the incumbent part of its instruction, not its
 * demonstrations? */
bool pmpo_scene_instructs(const pmpo_scene *s, size_t segment);

/* ---- the table ------------------------------------------------------------ */

typedef struct pmpo_proposer {
    const char *name;
    bool asks; /* needs a rewriter that can follow a form */
    bool opens; /* also asked before the first iteration, when there are no mask
                 * table and no hard cases */
    int (*propose)(const pmpo_scene *scene, pmpo_proposals *out,
                   pmpo_error *err);
    /* For estimates: the greatest number of proposals to be scored in an
     * iteration (0: the opening). */
    size_t (*most)(const pmpo_optimize_options *o, int iteration);
} pmpo_proposer;

/* One for each row of PMPO_PROPOSERS (pmpo_words.h). */
extern const pmpo_proposer pmpo_proposers[];
extern const size_t pmpo_n_proposers;

/* Does one of `names` need a rewriter? */
bool pmpo_proposers_ask(const char *names);
/* The default list of names: for the published algorithm (`paper`), without a
 * rewriter, or otherwise; static. */
const char *pmpo_proposers_default(bool paper, bool no_rewriter);

/* ---- proposers of the calling program (custom_proposer.c) --------------------------- */

/* PMPO_EUSAGE, PMPO_EVERSION: one of the n proposers violates pmpo_custom.h. */
int pmpo_custom_check(const pmpo_custom_proposer *of, size_t n,
                      pmpo_error *err);
/* The one with this name; NULL: none. */
const pmpo_custom_proposer *pmpo_custom_find(const pmpo_custom_proposer *of,
                                             size_t n, pmpo_str name);
int pmpo_propose_custom(const pmpo_scene *s, const pmpo_custom_proposer *by,
                        pmpo_proposals *out, pmpo_error *err);

/* ---- the probe (rewrite.c) ------------------------------------------------ */

#define PMPO_PROBE_SAMPLES 4
#define PMPO_CASE_BYTES 2000 /* of a hard case's texts in a rewriting form */

/* How many of PMPO_PROBE_SAMPLES replies to the large form are usable.
 * PMPO_ETOOLONG: it doesn't fit the rewriter's context. */
int pmpo_probe_large_form(pmpo_jobs *jobs, const pmpo_optimize_options *o,
                          int *n_usable, pmpo_error *err);

/* ---- demonstrations (demonstrate.c) --------------------------------------- */

/* The fewest that are proposed behind a prompt without any: 2 where the known
 * answers are a few labels, else 1. */
size_t pmpo_least_demonstrations(const pmpo_data *train);

/* ---- the rows' functions -------------------------------------- */

#define PMPO_PROPOSER(name, asks, opens, what)                                 \
    int pmpo_propose_##what(const pmpo_scene *s, pmpo_proposals *out,          \
                            pmpo_error *err);                                  \
    size_t pmpo_most_##what(const pmpo_optimize_options *o, int iteration);
PMPO_PROPOSERS(PMPO_PROPOSER)
#undef PMPO_PROPOSER

#endif
