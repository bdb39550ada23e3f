/* other_language.c: another language than that of the start prompt and the data. */
#include "data/data.h"
#include "search/guard/rules.h"
#include "text/language.h"

static void add_scripts(const pmpo_guard_input *in, size_t *n)
{
    pmpo_text_scripts(in->start, n);
    pmpo_text_scripts(in->incumbent, n);
    pmpo_text_scripts(in->task, n);
    for (size_t i = 0; i < pmpo_data_count(in->train); i++) {
        const pmpo_example *e = pmpo_data_example(in->train, i);
        pmpo_text_scripts(e->input, n);
        pmpo_text_scripts(e->target, n);
        for (size_t k = 0; k < e->n_messages; k++) {
            pmpo_text_scripts(e->messages[k].content, n);
        }
    }
}

static size_t sum(const size_t *n)
{
    size_t all = 0;
    for (int i = 0; i < PMPO_N_SCRIPTS; i++) {
        all += n[i];
    }
    return all;
}

/* A fifth of its letters are of a script that is not a hundredth of those of
 * the start prompt and the data: more than a quoted word or a formula. */
#define MUCH_OF_PROMPT 5
#define LITTLE_OF_DATA 100

static int has_other_script(const pmpo_guard_input *in, pmpo_guard_refusal *r)
{
    size_t here[PMPO_N_SCRIPTS] = {0}, there[PMPO_N_SCRIPTS] = {0};
    pmpo_text_scripts(in->prompt, here);
    add_scripts(in, there);
    for (int i = 0; i < PMPO_N_SCRIPTS; i++) {
        if (here[i] * MUCH_OF_PROMPT >= sum(here) && here[i] > 0 &&
            there[i] * LITTLE_OF_DATA < sum(there)) {
            return pmpo_refuse(r,
                               "it is in %s script, the start prompt and the "
                               "data are not",
                               pmpo_script_name((pmpo_script)i));
        }
    }
    return 0;
}

/* The language is one that the start prompt, the task, the inputs or the
 * outputs are in, or none that is known. */
static int speaks_otherwise(const pmpo_guard_input *in, pmpo_arena *mem,
                            pmpo_guard_refusal *r)
{
    pmpo_buf inputs = {0}, outputs = {0};
    for (size_t i = 0; i < pmpo_data_count(in->train); i++) {
        const pmpo_example *e = pmpo_data_example(in->train, i);
        pmpo_buf_put(&inputs, e->input);
        for (size_t k = 0; k < e->n_messages; k++) {
            pmpo_buf_put(&inputs, e->messages[k].content);
        }
        pmpo_buf_putc(&inputs, '\n');
        pmpo_buf_put(&outputs, e->target);
        pmpo_buf_putc(&outputs, '\n');
    }
    const pmpo_str texts[] = {in->start, in->incumbent, in->task,
                              pmpo_buf_str(&inputs), pmpo_buf_str(&outputs)};
    const char *here, *there;
    bool known = false, same = false;
    int rc = inputs.failed || outputs.failed
                 ? PMPO_ENOMEM
                 : pmpo_text_language(in->prompt, mem, &here);
    for (size_t i = 0; rc == 0 && i < sizeof(texts) / sizeof(*texts); i++) {
        rc = pmpo_text_language(texts[i], mem, &there);
        known |= rc == 0 && there;
        same |= rc == 0 && there == here;
    }
    pmpo_buf_release(&inputs);
    pmpo_buf_release(&outputs);
    if (rc == 0 && here && known && !same) {
        return pmpo_refuse(r,
                           "it is in %s, the start prompt and the data are not",
                           here);
    }
    return rc;
}

int pmpo_rule_language(const pmpo_guard_input *in, pmpo_arena *mem,
                       pmpo_guard_refusal *r)
{
    has_other_script(in, r);
    return r->refused ? 0 : speaks_otherwise(in, mem, r);
}
