/* run_models.c: a prompt for several models: its loss on each. */
#include "report/html.h"
#include "report/run_page.h"

static void put_change(pmpo_buf *b, const double loss[2])
{
    pmpo_html(b, "<td class=\"n\">");
    pmpo_html_loss(b, loss[0]);
    pmpo_html(b, "</td><td class=\"n\">");
    pmpo_html_loss(b, loss[1]);
    pmpo_html(b, "</td>");
}

/* The joint one is the last row. */
static void put_joint(pmpo_buf *b, const pmpo_run_view *v)
{
    const double train[2] = {v->initial.train_loss, v->best.train_loss};
    const double val[2] = {v->initial.val_loss, v->best.val_loss};
    const double test[2] = {v->initial.test_loss, v->best.test_loss};
    pmpo_html(b, "<tr><td><strong>%s</strong></td>",
              strcmp(v->joint, "max") ? "The mean" : "The highest");
    put_change(b, train);
    put_change(b, val);
    put_change(b, test);
    pmpo_html(b, "</tr>\n");
}

void pmpo_page_models(pmpo_run_page *p)
{
    static const char *const parts[] = {"Training", "Validation", "Test"};
    const pmpo_run_view *v = p->v;
    if (v->n_models == 0) {
        return;
    }
    pmpo_html_section(p->b, "models", "Each model",
                      "The prompt is for all of these: what it costs on each, "
                      "before and after, in nats. Elsewhere on this page "
                      "options, "
                      "tokens and answers are those of the first one.");
    pmpo_html(p->b,
              "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Each model\"><table><thead><tr><th>Model</th>");
    for (int i = 0; i < 3; i++) {
        pmpo_html(p->b,
                  "<th class=\"n\">%s, before</th><th class=\"n\">after"
                  "</th>",
                  parts[i]);
    }
    pmpo_html(p->b, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < v->n_models; i++) {
        const pmpo_run_model *m = &v->models[i];
        pmpo_html(p->b, "<tr><td>%s</td>", m->name);
        put_change(p->b, m->train_loss);
        put_change(p->b, m->val_loss);
        put_change(p->b, m->test_loss);
        pmpo_html(p->b, "</tr>\n");
    }
    put_joint(p->b, v);
    pmpo_html(p->b, "</tbody></table></div>\n</section>\n");
}
