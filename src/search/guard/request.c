/* request.c: words about the request that the rewriter was sent. */
#include "data/data.h"
#include "search/guard/rules.h"

/* Words of the forms (forms.c) and about them: a prompt that needs the form
 * beside it to be understood is none. */
static const char *const form_words[] = {
    "old instruction", "new instruction", "better instruction",
    "improved instruction", "current instruction", "previous instruction",
    "above instruction", "original instruction", "instruction above",
    "instruction below", "instruction provided", "provided instruction",
    "given instruction", "rewritten instruction", "revised instruction",
    "the old one",
    "fit every input", "fits every input", "mention the example",
    "expected output:", "the example above", "the above example",
    "the given example", "example given", "the example provided",
    "the provided example", "=== instruction", "=== end", "<MASK>",
    "task of this kind", "tasks of this kind", "what to write as the answer",
    "no names and no numbers", "told to do such tasks",
    "works badly", "<end of", "<instruction>", "</instruction>", NULL};

/* Words of the forms that may be the task's own, and words to whoever sent the
 * request. */
static const char *const sender_words[] = {
    "more is better", "the model's loss", "loss on the examples",
    "part that is hidden", "part is hidden", "parts that are hidden",
    "feel free to ask", "please provide me", "please provide the input",
    "let me know if you", "hope this helps", "sure! here", "sure, here",
    "certainly! here", "I have kept", "I've kept", "I kept the",
    /* refusals */
    "sorry, but I", "sorry, I can", "as an AI language model",
    "as a language model", "I cannot help", "I can't help", "I cannot assist",
    "I can't assist", "I cannot rewrite", "I can't rewrite", "I cannot fulfill",
    "I can't fulfill", "I am unable to", "I'm unable to", "help with that",
    "assist with that", "assist you with", NULL};

static bool in_texts(const pmpo_data *d, pmpo_str what)
{
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        if (pmpo_says(e->input, what) || pmpo_says(e->target, what)) {
            return true;
        }
    }
    return false;
}

int pmpo_rule_request(const pmpo_guard_input *in, pmpo_arena *mem,
                      pmpo_guard_refusal *r)
{
    (void)mem;
    const char *words = pmpo_first_said(in, form_words);
    if (!words) {
        words = pmpo_first_said(in, sender_words);
        words = words && in_texts(in->train, pmpo_str_of(words)) ? NULL : words;
    }
    return words ? pmpo_refuse(r,
                               "it says '%s': words about the request it was "
                               "asked by, not about the task",
                               words)
                 : 0;
}
