/* score.c: what one prompt is worth to a model.
 *
 *     score MODEL DATA PROMPT [TEMPLATE]
 *
 * MODEL: a GGUF file, a listed name or an address; DATA: JSONL. */
#include <pmpo.h>
#include <stdio.h>
#include <string.h>

static int say(const pmpo_error *err)
{
    fprintf(stderr, "score: %s\n", err->text);
    return pmpo_code_exit(err->code);
}

static void print(const pmpo_scores *s)
{
    const pmpo_prompt_score *p = &s->prompts[0];
    for (size_t i = 0; i < p->n_examples; i++) {
        const pmpo_example_score *e = &p->examples[i];
        printf("%9.4f  %.*s\n", e->loss, (int)e->id.len, e->id.ptr);
    }
    printf("%9.4f  mean loss (%s), nats, over %zu examples\n", p->loss,
           pmpo_loss_name(s->loss), p->n_examples);
    if (p->n_options) {
        printf("%9zu  of %zu right by the likeliest option\n", p->n_correct,
               p->n_options);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("score MODEL DATA PROMPT [TEMPLATE]\n", stderr);
        return 2;
    }
    pmpo_error err;
    pmpo_model *model = NULL;
    pmpo_data *data = NULL;
    pmpo_scores *scores = NULL;

    pmpo_model_options mo;
    pmpo_model_options_init(&mo);
    mo.model = argv[1];
    pmpo_score_options so;
    pmpo_score_options_init(&so);
    if (argc > 4) {
        so.template_name = argv[4];
    }
    const pmpo_str prompt = {argv[3], strlen(argv[3])};

    int rc = pmpo_model_open(&mo, &model, &err);
    if (rc == 0) {
        rc = pmpo_data_load(argv[2], NULL, &data, &err);
    }
    if (rc == 0) {
        rc = pmpo_score(model, data, &prompt, 1, &so, &scores, &err);
    }
    if (rc == 0) {
        print(scores);
    } else {
        rc = say(&err);
    }
    pmpo_scores_free(scores); /* each of these takes NULL */
    pmpo_data_free(data);
    pmpo_model_free(model);
    return rc;
}
