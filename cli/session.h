/* session.h: the models that a command works with, and their options. */
#ifndef PMPO_CLI_SESSION_H
#define PMPO_CLI_SESSION_H

#include "options.h"
#include "pmpo.h"

typedef struct session {
    pmpo_model *scorer;
    pmpo_model *rewriter; /* NULL: the scorer */
    /* What the scorer is joined with. */
    pmpo_model *others[PMPO_MOST_JOINED - 1];
    size_t n_others;
} session;

/* Opens what -m and --rewriter say and begins to listen for ^C. Call
 * session_close in any case. */
int session_open(const options *o, session *s, pmpo_error *err);
/* The same for models that are told outright; `rewriter` may be NULL. */
int session_open_as(const options *o, const pmpo_model_options *scorer,
                    const pmpo_model_options *rewriter, session *s,
                    pmpo_error *err);
/* Opens one more for the scorer to be joined with; then joins them. */
int session_add(const options *o, const pmpo_model_options *other, session *s,
                pmpo_error *err);
int session_join(session *s, pmpo_joint how, pmpo_error *err);
void session_close(session *s);

void cli_model_options(const options *o, pmpo_model_options *mo);
void cli_score_options(const options *o, pmpo_score_options *so);

/* ---- models on servers: servers.c ------------------------------------------- */

/* What --dialect names; NULL: auto. */
const char *cli_dialect(const options *o);
/* Fills in how the servers among the models (rewriter may be NULL) are reached:
 * key, certificates, time-outs. PMPO_EUSAGE: an option that has no effect on
 * these models; a key that others can read. */
int servers_connect(const options *o, pmpo_model_options *scorer,
                    pmpo_model_options *rewriter, pmpo_error *err);

#endif
