/* session.h: the models that a command works with, and their options. */
#ifndef PMPO_CLI_SESSION_H
#define PMPO_CLI_SESSION_H

#include "options.h"
#include "pmpo.h"

typedef struct session {
    pmpo_model *scorer;
    pmpo_model *rewriter; /* NULL: the scorer */
    /* The models that the scorer is joined with. */
    pmpo_model *others[PMPO_MOST_JOINED - 1];
    size_t n_others;
    const char *keyed; /* the URL that the key of -m is for; NULL: none yet */
} session;

/* Opens the models of -m and --rewriter, and installs the handlers for ^C and
 * SIGTERM. Call session_close in any case. */
int session_open(const options *o, session *s, pmpo_error *err);
/* The same; `generation`: the model of -m only generates. */
int session_open_for(const options *o, bool generation, session *s,
                     pmpo_error *err);
/* The same for given models, each with its own limit of memory; `rewriter` may
 * be NULL. */
int session_open_as(const options *o, const pmpo_model_options *scorer,
                    const pmpo_model_options *rewriter, session *s,
                    pmpo_error *err);
/* session_add opens one more model for the scorer to be joined with;
 * session_join joins all of them. */
int session_add(const options *o, const pmpo_model_options *other, session *s,
                pmpo_error *err);
int session_join(session *s, pmpo_joint how, pmpo_error *err);
void session_close(session *s);

void cli_model_options(const options *o, pmpo_model_options *mo);
void cli_score_options(const options *o, pmpo_score_options *so);

/* ---- models on servers: servers.c ------------------------------------------- */

/* The value of --dialect; NULL: auto. */
const char *cli_dialect(const options *o);
/* Fills in the options for models on servers: key, certificates, time-outs.
 * The key of -m goes only to servers of the first URL, *keyed, which is set if
 * it is NULL. `rewriter` may be NULL. PMPO_EUSAGE: an option has no effect on
 * these models, or other users can read the key file. */
int servers_connect(const options *o, const char **keyed,
                    pmpo_model_options *scorer, pmpo_model_options *rewriter,
                    pmpo_error *err);
/* PMPO_EUSAGE: a budget in dollars without a price. servers_connect checks it
 * too. */
int servers_check_budget(const options *o, pmpo_error *err);

#endif
