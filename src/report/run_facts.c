/* run_facts.c: facts of a run that several parts of its page need. */
#include <math.h>
#include <string.h>

#include "data/data.h"
#include "report/html.h"
#include "report/run_page.h"
#include "stats/margin.h"

const pmpo_candidate *pmpo_run_candidate(const pmpo_run_view *v, int id,
                                         int *iteration)
{
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            if (it->candidates[k].id == id) {
                if (iteration) {
                    *iteration = it->index;
                }
                return &it->candidates[k];
            }
        }
    }
    return NULL;
}

size_t pmpo_run_iterations(const pmpo_run_view *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_iterations; i++) {
        n += v->iterations[i].index > 0 && *v->iterations[i].decision;
    }
    return n;
}

pmpo_str pmpo_run_prompt(const pmpo_run_view *v, int id)
{
    const pmpo_candidate *c = id > 0 ? pmpo_run_candidate(v, id, NULL) : NULL;
    return id == 0 ? v->initial.prompt : c ? c->prompt : PMPO_STR("");
}

const pmpo_prompt_losses *pmpo_run_losses(const pmpo_report_run *r, int id,
                                          pmpo_part part)
{
    const pmpo_data *d = r->parts[part];
    const pmpo_outcome *o = id ? &r->view->best : &r->view->initial;
    if (part == PMPO_PART_TEST && !isfinite(o->test_loss)) {
        return NULL; /* left of an earlier end, or of one cut short */
    }
    for (size_t i = 0; d && i < r->view->n_losses; i++) {
        const pmpo_prompt_losses *l = &r->view->losses[i];
        if (l->prompt == id && l->part == part
            && l->n == pmpo_data_count(d)) {
            return l;
        }
    }
    return NULL;
}

double pmpo_run_mean(const pmpo_report_run *r, int id, pmpo_part part)
{
    const pmpo_prompt_losses *l = pmpo_run_losses(r, id, part);
    double sum = 0, weight = 0;
    for (size_t i = 0; l && i < l->n; i++) {
        double w = pmpo_data_example(r->parts[part], i)->weight;
        sum += w * l->examples[i].loss;
        weight += w;
    }
    return weight > 0 ? sum / weight : NAN;
}

const size_t *pmpo_run_groups(pmpo_run_page *p, pmpo_part part)
{
    const pmpo_data *d = p->run->parts[part];
    if (d && !p->groups[part]) {
        size_t *group =
            pmpo_arena_alloc(p->mem, pmpo_data_count(d), sizeof(*group));
        bool ok = group && pmpo_data_groups(d, group, NULL) == 0;
        p->groups[part] = ok ? group : NULL;
        p->failed |= !ok;
    }
    return p->groups[part];
}

pmpo_interval pmpo_run_gain(pmpo_run_page *p, int from, int to, pmpo_part part)
{
    const pmpo_report_run *r = p->run;
    const pmpo_prompt_losses *a = pmpo_run_losses(r, from, part);
    const pmpo_prompt_losses *b = pmpo_run_losses(r, to, part);
    const pmpo_interval unknown = {NAN, NAN, NAN};
    if (!a || !b) {
        return unknown;
    }
    double *diff = pmpo_arena_alloc(p->mem, 2 * a->n, sizeof(*diff));
    double *w = diff ? diff + a->n : NULL;
    if (!diff) {
        p->failed = true;
        return unknown;
    }
    for (size_t i = 0; i < a->n; i++) {
        diff[i] = a->examples[i].loss - b->examples[i].loss;
        w[i] = pmpo_data_example(r->parts[part], i)->weight;
    }
    size_t n = pmpo_by_group(diff, w, pmpo_run_groups(p, part), a->n);
    return pmpo_mean_interval(diff, w, n);
}

pmpo_interval pmpo_run_right_interval(pmpo_run_page *p, int id, pmpo_part part)
{
    const pmpo_prompt_losses *l = pmpo_run_losses(p->run, id, part);
    size_t n = l ? l->n : 0;
    double *x = pmpo_arena_alloc(p->mem, 2 * n + 1, sizeof(*x));
    if (!x) {
        p->failed = true;
        return (pmpo_interval){NAN, NAN, NAN};
    }
    double *w = x + n;
    for (size_t i = 0; i < n; i++) {
        x[i] = l->examples[i].correct > 0;
        w[i] = l->examples[i].correct >= 0;
    }
    n = n ? pmpo_by_group(x, w, pmpo_run_groups(p, part), n) : 0;
    return n ? pmpo_wilson_grouped(x, w, n) : pmpo_wilson(0, 0);
}

void pmpo_run_right(const pmpo_report_run *r, int id, pmpo_part part, size_t *n,
                    size_t *right)
{
    const pmpo_prompt_losses *l = pmpo_run_losses(r, id, part);
    *n = *right = 0;
    for (size_t i = 0; l && i < l->n; i++) {
        *n += l->examples[i].correct >= 0;
        *right += l->examples[i].correct > 0;
    }
}

size_t pmpo_count_words(pmpo_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += !pmpo_is_space(s.ptr[i]) && (i == 0 || pmpo_is_space(s.ptr[i - 1]));
    }
    return n;
}

const char *pmpo_page_setting(const pmpo_run_view *v, const char *name)
{
    const char *value = pmpo_run_setting(v, name);
    return value ? value : "";
}

static bool ends_in(const char *s, const char *tail)
{
    size_t n = strlen(s), k = strlen(tail);
    return n >= k && !strcmp(s + n - k, tail);
}

bool pmpo_is_path_setting(const char *name)
{
    return ends_in(name, "_path") || ends_in(name, "_tokenizer");
}

void pmpo_put_setting(pmpo_buf *b, const char *name, const char *value)
{
    const char *slash = strrchr(value, '/');
    bool from_file = !strcmp(name, "template") && value[0] == '@';
    bool path = from_file || pmpo_is_path_setting(name);
    pmpo_buf_puts(b, path && slash && from_file ? "@" : "");
    pmpo_buf_puts(b, path && slash ? slash + 1 : value);
}

void pmpo_html_setting(pmpo_buf *b, const char *name, const char *value)
{
    pmpo_buf shown = {0};
    pmpo_put_setting(&shown, name, value);
    pmpo_str text = pmpo_buf_str(&shown);
    pmpo_html(b, "%.*s", (int)text.len, text.ptr);
    b->failed |= shown.failed;
    pmpo_buf_release(&shown);
}

pmpo_finding pmpo_run_finding(const pmpo_run_view *v)
{
    const pmpo_interval answers = {v->answers_gain, v->answers_gain_low,
                                   v->answers_gain_high};
    const pmpo_interval loss = {v->test_gain, v->test_gain_low,
                                v->test_gain_high};
    return pmpo_finding_of(&answers, &loss);
}
