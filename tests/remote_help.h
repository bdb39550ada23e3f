/* remote_help.h: models behind the URL of a server, for test_remote and
 * test_served. */
#ifndef PMPO_TESTS_REMOTE_HELP_H
#define PMPO_TESTS_REMOTE_HELP_H

#include "llm_server.h"
#include "model/model.h"
#include "run_help.h"

static inline int open_url(const char *url, const pmpo_model_options *more,
                           pmpo_model **out, pmpo_error *err)
{
    pmpo_model_options o;
    pmpo_model_options_init(&o);
    if (more) {
        o = *more;
        o.size = sizeof(o);
    }
    o.model = url;
    o.model_name = o.model_name ? o.model_name : "fake";
    *out = NULL;
    *err = (pmpo_error){0};
    return pmpo_model_open(&o, out, err);
}

static inline pmpo_model *must_open(const char *url)
{
    pmpo_model *m;
    pmpo_error err;
    if (open_url(url, NULL, &m, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return m;
}

/* Answers to "Say yes or no.", marked; `judge` may be NULL. */
static inline pmpo_eval *evaluate(pmpo_model *m, pmpo_model *judge,
                                  const pmpo_data *d)
{
    pmpo_eval_options o;
    pmpo_eval *out = NULL;
    pmpo_error err;
    const pmpo_str prompt = PMPO_STR("Say yes or no.");
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_EXACT | (judge ? PMPO_METRIC_JUDGE : 0);
    o.judge = judge;
    o.no_cache = true;
    if (pmpo_eval_run(m, d, &prompt, 1, &o, &out, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return out;
}

#endif
