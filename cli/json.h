/* json.h: JSON documents, over jansson.
 *
 * Functions that make values never fail: if memory runs out, the program ends.
 * A number that is not finite becomes null. Keys keep the order in which they
 * were put. */
#ifndef PMPO_CLI_JSON_H
#define PMPO_CLI_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "options.h"
#include "pmpo.h"

json_t *js_object(void);
json_t *js_array(void);
json_t *js_number(double v);
json_t *js_count(uint64_t n);
json_t *js_bool(bool v);
json_t *js_str(pmpo_str s);
json_t *js_text(const char *s); /* NULL: null */
/* Both take `value` over. */
void js_put(json_t *object, const char *key, json_t *value);
void js_add(json_t *array, json_t *value);
/* Writes `document` with a newline to `f`, or to standard output, and ends it. */
void js_put_line(FILE *f, json_t *document);
void js_print(json_t *document);

/* ---- what several commands print ---------------------------------------- */

json_t *js_interval(double low, double high); /* [low, high] */
json_t *js_cost(const pmpo_cost *c);
json_t *js_model(const pmpo_model *m);
json_t *js_prompt(const pmpo_prompt_score *p);
json_t *js_segment(const pmpo_segment_effect *s);
/* The settings with which prompts were scored. */
json_t *js_settings(const options *o, pmpo_loss_kind loss, bool end_token);

#endif
