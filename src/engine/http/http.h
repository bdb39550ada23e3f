/* http.h: the HTTP engine, as the rest of the program sees it.
 *
 * A model is one server or several replicas that serve it under one name: vLLM,
 * SGLang, or completions with `echo`; or any chat server, which can only
 * generate. */
#ifndef PMPO_ENGINE_HTTP_H
#define PMPO_ENGINE_HTTP_H

#include "model/model.h"

/* `model` is one URL, or several with commas. */
bool pmpo_http_takes(const char *model);
/* As pmpo_model_open. A server that gives no log-probabilities can also be
 * opened; the model's `cant_score` then says why it gives none. */
int pmpo_http_open(const pmpo_model_options *o, pmpo_model **out,
                   pmpo_error *err);

#endif
