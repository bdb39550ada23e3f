/* table.c: all proposers, which of them run, and the list they append to. */
#include "propose/propose.h"

#define ROW(name, asks, opens, what)                                           \
    {name, asks, opens, pmpo_propose_##what, pmpo_most_##what},
const pmpo_proposer pmpo_proposers[] = {PMPO_PROPOSERS(ROW)};
const size_t pmpo_n_proposers =
    sizeof(pmpo_proposers) / sizeof(pmpo_proposers[0]);

/* ---- which run ------------------------------------------------------------- */

const char *pmpo_proposer_name(int i)
{
    return i >= 0 && (size_t)i < pmpo_n_proposers ? pmpo_proposers[i].name
                                                  : NULL;
}

bool pmpo_proposer_asks(int i)
{
    return i >= 0 && (size_t)i < pmpo_n_proposers && pmpo_proposers[i].asks;
}

bool pmpo_proposers_have(const char *names, const char *name)
{
    size_t n = strlen(name);
    while (*names) {
        size_t len = strcspn(names, ",");
        if (len == n && !strncmp(names, name, n)) {
            return true;
        }
        names += len + (names[len] == ',');
    }
    return false;
}

bool pmpo_proposers_ask(const char *names)
{
    for (size_t i = 0; i < pmpo_n_proposers; i++) {
        if (pmpo_proposers[i].asks
            && pmpo_proposers_have(names, pmpo_proposers[i].name)) {
            return true;
        }
    }
    return false;
}

const char *pmpo_proposers_default(bool paper, bool no_rewriter)
{
    return paper ? "rewrite"
           : no_rewriter
               ? "library,contract,delete,merge,demos"
               : "library,contract,delete,merge,demos,induce,edit,rewrite";
}

/* ---- the scene, the list ---------------------------------------------------- */

bool pmpo_scene_tried(const pmpo_scene *s, pmpo_str prompt)
{
    prompt = pmpo_str_trim(prompt);
    for (size_t i = 0; i < s->n_rows; i++) {
        pmpo_str row = pmpo_str_trim(s->rows[i].prompt);
        if (s->demos.len > 0 && row.len == prompt.len + s->demos.len &&
            !memcmp(row.ptr + prompt.len, s->demos.ptr, s->demos.len)) {
            row.len = prompt.len;
        }
        if (pmpo_str_eq(row, prompt)) {
            return true;
        }
    }
    return false;
}

bool pmpo_scene_instructs(const pmpo_scene *s, size_t segment)
{
    return s->segments[segment].begin < s->instruction.len;
}

pmpo_proposal *pmpo_proposals_add(pmpo_proposals *list)
{
    if (PMPO_GROW(list->of, list->cap, list->n + 1) < 0) {
        return NULL;
    }
    pmpo_proposal *p = &list->of[list->n++];
    *p = (pmpo_proposal){
        .prompt = PMPO_STR(""),
        .reply = PMPO_STR(""),
        .hard_case = -1,
        .variant = -1,
    };
    return p;
}
