/* pmpo_words.h: the part of pmpo.h with the enums and the word for each value.
 * Do not include it: pmpo.h does.
 *
 * Each list but PMPO_PROPOSERS gives the values of an enum and their words, which
 * options, JSON and run files use alike. To add a value, add its row. */
#ifndef PMPO_WORDS_H
#define PMPO_WORDS_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* ---- models ------------------------------------------------------------- */

#define PMPO_PRECISIONS(X)                                                     \
    /* the fastest with low noise that fits into memory */                     \
    X(PMPO_PRECISION_AUTO, "auto")                                             \
    /* the file as it is */                                                    \
    X(PMPO_PRECISION_NATIVE, "native")                                         \
    /* weights widened to f16, the fastest kernels */                          \
    X(PMPO_PRECISION_F16, "f16")                                               \
    /* bfloat16 weights, and rows rounded to it as they are multiplied; sums,  \
     * attention and KV in f32: the fastest on processors that multiply        \
     * bfloat16 (AVX-512 BF16, AMX) */                                         \
    X(PMPO_PRECISION_BF16, "bf16")                                             \
    /* no rounding to f16 on a CPU: f32 weights and KV, no f16 kernel; on a    \
     * GPU see pmpo_model_info.note */                                         \
    X(PMPO_PRECISION_F32, "f32")                                               \
    /* f32 weights with the engine's fast attention, whose CPU kernel rounds   \
     * to f16 */                                                               \
    X(PMPO_PRECISION_F32_FAST, "f32-fast")

/* The library that multiplies with f32 weights on the CPU. */
#define PMPO_PRODUCTS(X)                                                       \
    /* the faster one, measured once on this machine */                        \
    X(PMPO_PRODUCTS_AUTO, "auto")                                              \
    /* llama.cpp */                                                            \
    X(PMPO_PRODUCTS_OWN, "own")                                                \
    /* the BLAS library of this build, if it has one */                        \
    X(PMPO_PRODUCTS_BLAS, "blas")

/* ---- scoring ------------------------------------------------------------ */

#define PMPO_LOSSES(X)                                                           \
    /* in a run that marks answers nll, unless the data are preference pairs;  \
     * elsewhere preference if rejected outputs are known, else nll */ \
    X(PMPO_LOSS_AUTO, "auto")                                                    \
    X(PMPO_LOSS_NLL, "nll")                                                      \
    X(PMPO_LOSS_PREFERENCE, "preference")                                        \
    /* cross-entropy of the target over the options */                           \
    X(PMPO_LOSS_CHOICE, "choice")

/* For nll: how the losses of a target's tokens are combined. */
#define PMPO_REDUCTIONS(X)                                                     \
    X(PMPO_REDUCE_MEAN, "mean")                                                \
    X(PMPO_REDUCE_SUM, "sum")

/* For nll: which tokens of a target count: all, or only those of the example's
 * answer where it last occurs in the target, given the text before it. */
#define PMPO_LOSS_ONS(X)                                                       \
    X(PMPO_LOSS_ON_TARGET, "target")                                           \
    X(PMPO_LOSS_ON_ANSWER, "answer")

/* For preference and choice: which scores of outputs are compared. */
#define PMPO_NORMALIZATIONS(X)                                                 \
    /* log-likelihoods */                                                      \
    X(PMPO_NORM_NONE, "none")                                                  \
    /* log-likelihoods per token */                                            \
    X(PMPO_NORM_LENGTH, "length")

/* What is subtracted from every log-likelihood before the loss is computed:
 * nothing, or the output's log-likelihood after the same rendering with the
 * input "N/A" (arXiv 2102.09690), which shows how likely the output is without
 * any input. */
#define PMPO_CALIBRATIONS(X)                                                   \
    X(PMPO_CALIBRATE_NONE, "none")                                             \
    X(PMPO_CALIBRATE_CONTENT_FREE, "content-free")

/* Does the end-of-turn token belong to a target? */
#define PMPO_ENDS(X)                                                           \
    /* yes if one option is the beginning of another, else no */               \
    X(PMPO_END_AUTO, "auto")                                                   \
    X(PMPO_END_YES, "yes")                                                     \
    X(PMPO_END_NO, "no")

/* ---- the search --------------------------------------------------------- */

/* How the rewriter is asked. */
#define PMPO_FORMS(X)                                                          \
    /* chosen by one trial at the start of a run */                            \
    X(PMPO_FORM_AUTO, "auto")                                                  \
    /* to diagnose, then to rewrite */                                         \
    X(PMPO_FORM_LARGE, "large")                                                \
    /* to fill in a short form */                                              \
    X(PMPO_FORM_SMALL, "small")

/* When the scoring of a candidate stops early. */
#define PMPO_RACES(X)                                                          \
    /* never. With the other values, the many prompts that are tried before    \
     * the first iteration are also reduced on a part of the examples; what    \
     * is said below holds for the iterations */                               \
    X(PMPO_RACE_OFF, "off")                                                    \
    /* once its loss is certain to exceed the incumbent's: losses are >= 0, so \
     * the same candidate is accepted as with OFF. Not with calibrated nll,    \
     * which may be negative */                                                \
    X(PMPO_RACE_EXACT, "exact")                                                \
    /* also once a paired test says that it won't gain enough. Over random     \
     * orders of the examples, it loses at most 5 % of the candidates that     \
     * would have been accepted. Not with calibrated nll */                    \
    X(PMPO_RACE_PAIRED, "paired")

/* How demonstrations, solved examples at a prompt's end, are shown. */
#define PMPO_DEMOS_ASES(X)                                                     \
    /* as part of the prompt's text: "Input: ...", "Output: ..." */            \
    X(PMPO_DEMOS_AS_TEXT, "text")                                              \
    /* as turns of the user and the assistant before the input's own; in the   \
     * prompt they stand between {{example}}, {{answer}} and {{/example}} */   \
    X(PMPO_DEMOS_AS_TURNS, "turns")

/* The loss of a prompt on several models. */
#define PMPO_JOINTS(X)                                                         \
    /* the mean of its losses on them */                                       \
    X(PMPO_JOINT_MEAN, "mean")                                                 \
    /* its highest loss on any of them */                                      \
    X(PMPO_JOINT_MAX, "max")

/* The parts of the examples. */
#define PMPO_PARTS(X)                                                          \
    X(PMPO_PART_TRAIN, "training")                                             \
    X(PMPO_PART_VALIDATION, "validation")                                      \
    X(PMPO_PART_TEST, "test")

/* How the answers that a run generates at its end are marked. Auto depends on
 * the data's answers: number if all are numbers, choice if all are option
 * letters, exact if they are short, else none: the loss alone decides. */
#define PMPO_RUN_METRICS(X)                                                    \
    X(PMPO_RUN_METRIC_AUTO, "auto")                                            \
    X(PMPO_RUN_METRIC_NONE, "none")                                            \
    X(PMPO_RUN_METRIC_EXACT, "exact")                                          \
    X(PMPO_RUN_METRIC_NUMBER, "number")                                        \
    X(PMPO_RUN_METRIC_CHOICE, "choice")

/* Where new prompts come from (docs/proposers.md). A row has the proposer's name;
 * whether it asks the rewriter; whether it also proposes before the first
 * iteration; and WHAT, for the library's own functions pmpo_propose_WHAT and
 * pmpo_most_WHAT. In each iteration, one of those that ask has its turn; the first
 * turns are in this order. */
#define PMPO_PROPOSERS(X)                                                      \
    X("library", false, true, library)                                         \
    X("contract", false, true, contract)                                       \
    X("delete", false, false, deletions)                                       \
    X("merge", false, false, mergers)                                          \
    X("demos", false, false, demonstrations)                                   \
    X("induce", true, false, inductions)                                       \
    X("edit", true, false, edits)                                              \
    X("rewrite", true, false, rewrites)                                        \
    X("paraphrase", true, false, paraphrases)

/* What counts as a right answer to an example. */
#define PMPO_METRICS(X)                                                        \
    /* the option with the highest log-likelihood is the target */             \
    X(PMPO_METRIC_OPTIONS, "options")                                          \
    /* the same by log-likelihood per token */                                 \
    X(PMPO_METRIC_OPTIONS_MEAN, "options-mean")                                \
    /* the same by log-likelihood minus the one after the input "N/A" */       \
    X(PMPO_METRIC_OPTIONS_CALIBRATED, "options-calibrated")                    \
    /* share of rejected outputs that are less likely than the chosen one */   \
    X(PMPO_METRIC_PAIRS, "pairs")                                              \
    /* the words of the generated answer are those of the right one */         \
    X(PMPO_METRIC_EXACT, "exact")                                              \
    /* the number that the generated answer gives as its result is right */    \
    X(PMPO_METRIC_NUMBER, "number")                                            \
    /* the option letter that it gives as its result is right */               \
    X(PMPO_METRIC_CHOICE, "choice")                                            \
    /* what a regular expression finds in it is right */                       \
    X(PMPO_METRIC_REGEX, "regex")                                              \
    /* a judge model prefers it */                                             \
    X(PMPO_METRIC_JUDGE, "judge")

/* What became of a candidate. */
#define PMPO_FATES(X)                                                          \
    X(PMPO_FATE_PENDING, "pending")     /* still to be scored */               \
    X(PMPO_FATE_ACCEPTED, "accepted")                                          \
    X(PMPO_FATE_REJECTED, "rejected")                                          \
    X(PMPO_FATE_DUPLICATE, "duplicate") /* of an earlier prompt */             \
    X(PMPO_FATE_BAD_REPLY, "bad reply") /* no prompt could be read from it */  \
    X(PMPO_FATE_TOO_LONG, "too long")

/* The result of a run on its test part. Better and worse refer to the right
 * answers if answers were marked; else only the loss has improved. */
#define PMPO_FINDINGS(X)                                                       \
    X(PMPO_FINDING_NOT_SHOWN, "Not shown to be better")                        \
    X(PMPO_FINDING_BETTER, "Better")                                           \
    X(PMPO_FINDING_WORSE, "Worse")                                             \
    /* no answers were marked */                                               \
    X(PMPO_FINDING_LOSS, "A gain of loss")                                     \
    X(PMPO_FINDING_LOSS_ALONE, "A gain of loss, not shown to answer better,")

/* What a part of a prompt does to the loss. */
#define PMPO_EFFECTS(X)                                                        \
    X(PMPO_EFFECT_UNCLEAR, "no clear effect")                                  \
    X(PMPO_EFFECT_HELPS, "helps")                                              \
    X(PMPO_EFFECT_HURTS, "hurts")                                              \
    X(PMPO_EFFECT_UNMEASURED, "not measured")

/* ---- shorter prompts ------------------------------------------------------ */

/* What is removed from a prompt, largest parts first. */
#define PMPO_GRAINS(X)                                                         \
    X(PMPO_GRAIN_SENTENCE, "sentence") /* list items and headings, too */      \
    X(PMPO_GRAIN_CLAUSE, "clause")                                             \
    X(PMPO_GRAIN_WORD, "word") /* the result may read like a telegram */

/* ---- enums and functions made from the lists ---------------------------- */

#define PMPO_VALUE(name, word) name,
/* The enum, its list, and a function that returns the word for a value: a
 * static string, "" if the value is not in the list. */
#define PMPO_ENUM(type, list, word_of)                                         \
    typedef enum type { list(PMPO_VALUE) } type;                               \
    PMPO_API const char *word_of(type value)

/* Metrics are bits: PMPO_METRIC_EXACT is 1 << PMPO_METRIC_EXACT_PLACE. */
#define PMPO_PLACE(name, word) name##_PLACE,
#define PMPO_BIT(name, word) name = 1 << name##_PLACE,
enum { PMPO_METRICS(PMPO_PLACE) PMPO_N_METRICS };
typedef enum pmpo_metric { PMPO_METRICS(PMPO_BIT) } pmpo_metric;

PMPO_ENUM(pmpo_precision, PMPO_PRECISIONS, pmpo_precision_name);
PMPO_ENUM(pmpo_products, PMPO_PRODUCTS, pmpo_products_name);
PMPO_ENUM(pmpo_loss_kind, PMPO_LOSSES, pmpo_loss_name);
PMPO_ENUM(pmpo_reduction, PMPO_REDUCTIONS, pmpo_reduction_name);
PMPO_ENUM(pmpo_loss_on, PMPO_LOSS_ONS, pmpo_loss_on_name);
PMPO_ENUM(pmpo_normalize, PMPO_NORMALIZATIONS, pmpo_normalize_name);
PMPO_ENUM(pmpo_calibrate, PMPO_CALIBRATIONS, pmpo_calibrate_name);
PMPO_ENUM(pmpo_end, PMPO_ENDS, pmpo_end_name);
PMPO_ENUM(pmpo_rewrite_form, PMPO_FORMS, pmpo_form_name);
PMPO_ENUM(pmpo_race, PMPO_RACES, pmpo_race_name);
PMPO_ENUM(pmpo_demos_as, PMPO_DEMOS_ASES, pmpo_demos_as_name);
PMPO_ENUM(pmpo_part, PMPO_PARTS, pmpo_part_name);
PMPO_ENUM(pmpo_run_metric, PMPO_RUN_METRICS, pmpo_run_metric_name);
PMPO_ENUM(pmpo_fate, PMPO_FATES, pmpo_fate_name);
PMPO_ENUM(pmpo_joint, PMPO_JOINTS, pmpo_joint_name);
PMPO_ENUM(pmpo_finding, PMPO_FINDINGS, pmpo_finding_name);
PMPO_ENUM(pmpo_effect, PMPO_EFFECTS, pmpo_effect_name);
PMPO_ENUM(pmpo_grain, PMPO_GRAINS, pmpo_grain_name);

#endif
