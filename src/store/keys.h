/* keys.h: every text and number that a run file stores by name, and where it is
 * shown. tests/test_run_keys.c checks that the program agrees with this list.
 *
 * Names with a variable part:
 * - "setting.NAME": a text. search/settings.c lists the settings of the search,
 *   PMPO_RUN_MODEL_FACTS those of the models; all are in the view's settings.
 * - "initial.FIGURE", "best.FIGURE": numbers of the start and the best prompt.
 * - "finalist.N.FIGURE", "finalist.N.why": numbers and a text of finalist N, 0..
 * - "test_look.N.FIGURE": numbers of evaluation N on the test part, 1..
 * - "too_long.KEY": a text, what a model said when it refused the unit or the job
 *   with that key as too long.
 * - "answer.N": a text, the user's answer about candidate N (search/approve.c). */
#ifndef PMPO_STORE_KEYS_H
#define PMPO_STORE_KEYS_H

/* name, where it is shown (a member of pmpo_run_view), or what reads it */
#define PMPO_RUN_TEXTS(X)                                                        \
    /* running, done or stopped; a running one whose lock nobody holds is      \
     * shown as interrupted */ \
    X("status", "status")                                                        \
    X("status_reason", "status_reason")                                          \
    X("scorer.name", "scorer")                                                   \
    X("scorer.precision", "precision")                                           \
    X("rewriter.name", "rewriter")                                               \
    X("verdict", "verdict")                                                      \
    X("loss_check_start", "loss_check_start")                                    \
    X("loss_check_end", "loss_check_end")                                        \
    /* of a template in a file; compared by resume */                            \
    X("template_text", "template_text")                                          \
    /* what stands before and after the prompt in a rendered text, and the     \
     * text under an empty one; not where the model's template can't be told */ \
    X("rendered_before", "rendered_before")                                      \
    X("rendered_after", "rendered_after")                                        \
    X("rendered_empty", "rendered_empty")                                        \
    /* the whole text under the view's best prompt */                            \
    X("rendered_best", "rendered_best")

#define PMPO_RUN_NUMBERS(X)                                                    \
    /* iterations decided; 0: the opening, too. Read by the search */          \
    X("decided", "-")                                                          \
    /* of the iteration in work, over all sittings; read by the search */      \
    X("iteration_seconds", "-")                                                \
    /* paid to servers with a price, over all sittings */                      \
    X("dollars", "cost")                                                       \
    X("noise_floor", "noise_floor")                                            \
    /* the best prompt's id, once the run has ended; before, the view's best   \
     * is that of the last decided iteration, with its loss */                 \
    X("final", "best")                                                         \
    X("test_gain", "test_gain")                                                \
    X("test_gain_low", "test_gain_low")                                        \
    X("test_gain_high", "test_gain_high")                                      \
    X("test_majority", "test_majority")                                        \
    X("answers_gain", "answers_gain")                                          \
    X("answers_gain_low", "answers_gain_low")                                  \
    X("answers_gain_high", "answers_gain_high")                                \
    X("answers_p", "answers_p")                                                \
    X("answers_majority", "answers_majority")                                  \
    /* test examples that the prompts given were made with */                  \
    X("test_seen", "n_test_seen")                                              \
    X("test_looks", "n_test_looks")                                            \
    X("n_finalists", "n_finalists")

/* Numbers of the start prompt and of the best one. */
#define PMPO_RUN_FIGURES(X)                                                    \
    X("train_loss", "initial, best")                                           \
    X("val_loss", "initial, best")                                             \
    X("test_loss", "initial, best")                                            \
    X("train_format", "initial, best")                                         \
    X("train_choice", "initial, best")                                         \
    X("test_format", "initial, best")                                          \
    X("test_choice", "initial, best")                                          \
    X("test_n_options", "initial, best")                                       \
    X("test_n_correct", "initial, best")                                       \
    X("test_accuracy_low", "test_accuracy_low")                                \
    X("test_accuracy_high", "test_accuracy_high")                              \
    X("test_n_answers", "initial, best")                                       \
    X("test_n_right", "initial, best")                                         \
    X("test_n_cut_off", "initial, best")                                       \
    X("test_right_low", "initial, best")                                       \
    X("test_right_high", "initial, best")

/* Settings of scorer and rewriter: "scorer_model" and so on. `path` is the
 * model's reference: an absolute path, or a URL as it was given. */
#define PMPO_RUN_MODEL_FACTS(X)                                                \
    X("model", "settings")                                                     \
    X("path", "settings")                                                      \
    X("identity", "settings")                                                  \
    X("precision", "settings")                                                 \
    X("products", "settings")                                                  \
    X("threads", "settings")                                                   \
    /* the limit in bytes; 0: none */                                          \
    X("memory", "settings")                                                    \
    /* of servers; else empty */                                               \
    X("dialect", "settings")                                                   \
    X("tokenizer", "settings")                                                 \
    X("fingerprint", "settings")                                               \
    X("gpu_layers", "settings")

/* ---- notes ------------------------------------------------------------------ */

/* Remarks, shown in the view's notes, warnings first, by kind and iteration. Kind, its word in
 * the file, and the words that are put before the note when it is shown. */
#define PMPO_NOTES(X)                                                          \
    X(PMPO_NOTE_CACHE, "cache", "")                                            \
    X(PMPO_NOTE_FORM, "form", "rewriting form: ")                              \
    X(PMPO_NOTE_NO_REWRITES, "no rewrites", "")                                \
    X(PMPO_NOTE_TURN, "turn", PMPO_TURN_NOTE)                                  \
    X(PMPO_NOTE_SHORTENED, "shortened", "")                                    \
    X(PMPO_NOTE_WARNING, "warning", "")

typedef enum pmpo_note {
#define X(kind, word, before) kind,
    PMPO_NOTES(X)
#undef X
} pmpo_note;

#endif
