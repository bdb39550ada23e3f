/* retold.c: it tells a training example again (how much: retell.c). */
#include "data/data.h"
#include "search/guard/rules.h"

int pmpo_rule_retold(const pmpo_guard_input *in, pmpo_arena *mem,
                     pmpo_guard_refusal *r)
{
    pmpo_retelling told;
    if (in->may_copy || pmpo_data_count(in->train) == 0) {
        return 0;
    }
    int rc = pmpo_retell(in, mem, &told);
    if (rc < 0 || !pmpo_retells(&told)) {
        return rc;
    }
    if (told.n_runs > 0) {
        return pmpo_refuse(r, "it copies words of a training example: '%.*s'",
                           pmpo_quoted(told.run), told.run.ptr);
    }
    pmpo_buf words = {0};
    for (size_t i = 0; i < 3 && told.words[i].len > 0; i++) {
        pmpo_buf_puts(&words, i ? ", " : " (");
        pmpo_buf_put(&words, told.words[i]);
    }
    pmpo_buf_puts(&words, words.len ? ")" : "");
    pmpo_str id = pmpo_data_example(in->train, told.example)->id;
    rc = words.failed
             ? PMPO_ENOMEM
             : pmpo_refuse(r,
                           "it retells the training example %.*s: %.0f "
                           "%% of its words that count are of that one%s, "
                           "score %.1f against %.1f with the others",
                           (int)id.len, id.ptr, 100 * told.share,
                           pmpo_buf_str(&words).ptr, told.own, told.others);
    pmpo_buf_release(&words);
    return rc;
}
