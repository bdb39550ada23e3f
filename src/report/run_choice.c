/* run_choice.c: the last choice: the prompts that were asked on the validation
 * part, how they answered, and why one of them was taken. */
#include "report/html.h"
#include "report/run_page.h"

static void put_finalist(pmpo_run_page *p, const pmpo_run_finalist *f)
{
    bool best = f->id == p->v->best_id;
    pmpo_html(p->b, best ? "<tr class=\"best\"><td class=\"n\">"
                         : "<tr><td class=\"n\">");
    if (f->id == 0) {
        pmpo_html(p->b, "start");
    } else {
        pmpo_html(p->b, "<a href=\"#c%d\">%d</a>", f->id, f->id);
    }
    pmpo_html(p->b, "</td><td class=\"n\">");
    pmpo_html_loss(p->b, f->val_loss);
    if (f->n_answers > 0) {
        pmpo_html(p->b,
                  "</td><td class=\"n\">%zu of %zu</td><td "
                  "class=\"n\">%zu",
                  f->n_right, f->n_answers, f->n_cut_off);
    } else {
        pmpo_html(p->b, "</td><td class=\"n\">\xe2\x80\x93</td><td "
                        "class=\"n\">\xe2\x80\x93");
    }
    pmpo_html(p->b, "</td><td class=\"why\">%s</td></tr>\n", f->why);
}

void pmpo_page_choice(pmpo_run_page *p)
{
    const pmpo_run_view *v = p->v;
    if (v->n_finalists == 0 || v->finalists[0].n_answers == 0) {
        return;
    }
    pmpo_html_section(p->b, "choice", "The last choice",
                      "The prompts of lowest loss answered the validation "
                      "part; "
                      "the best one was taken from these.");
    pmpo_html(p->b,
              "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"The last choice\"><table><thead><tr><th "
              "class=\"n\">Prompt</th><th class=\"n\">Validation loss</th><th "
              "class=\"n\">Answers right</th><th class=\"n\">Cut "
              "off</th><th>Why"
              "</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < v->n_finalists; i++) {
        put_finalist(p, &v->finalists[i]);
    }
    pmpo_html(p->b, "</tbody></table></div>\n</section>\n");
}
