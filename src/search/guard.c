/* guard.c: the rules. To add one, write it and add its row at the end; then
 * add candidates that it refuses, and some like them that it must not, to
 * tests/data/guards. */
#include "search/guard.h"

#include <stdarg.h>

#include "base/bounds.h"
#include "base/error.h"
#include "base/plain.h"
#include "data/data.h"
#include "propose/labels.h"
#include "text/frame.h"
#include "text/language.h"
#include "text/terms.h"
#include "text/text.h"

typedef struct verdict {
    char *reason;
    size_t bytes;
    bool refused;
} verdict;

#define SHOWN_BYTES 120 /* of what a reason quotes */

/* For "%.*s": no code point is cut. */
static int shown(pmpo_str s)
{
    return (int)pmpo_utf8_floor(s, s.len < SHOWN_BYTES ? s.len : SHOWN_BYTES);
}

static int object(verdict *v, const char *fmt, ...) PMPO_PRINTF(2, 3);

static int object(verdict *v, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    pmpo_print_list(v->reason, v->bytes, fmt, ap);
    va_end(ap);
    v->refused = true;
    return 0;
}

static bool mentions(pmpo_str s, pmpo_str what)
{
    return pmpo_find_word(s, what) != SIZE_MAX;
}

/* It stands in a text that was there before. */
static bool is_allowed(const pmpo_guard_input *in, pmpo_str what)
{
    return mentions(in->start, what) || mentions(in->incumbent, what)
           || mentions(in->task, what);
}

/* The first of a NULL-ended list that is in `prompt` and not allowed. */
static const char *first_of(const pmpo_guard_input *in,
                            const char *const *list)
{
    for (; *list; list++) {
        pmpo_str what = pmpo_str_of(*list);
        if (mentions(in->prompt, what) && !is_allowed(in, what)) {
            return *list;
        }
    }
    return NULL;
}

/* ---- it plays the chat on --------------------------------------------------- */

static const char *const turn_marks[] = {
    "<|", "|>", "[INST]", "[/INST]", "<<SYS>>", "<start_of_turn>",
    "<end_of_turn>", "<s>", "</s>", "<bos>", "<eos>", "<think>", "</think>",
    "### Response", "### Input", "### Instruction", NULL};

static const char *const speakers[] = {"user:", "assistant:", "system:",
                                       "human:", "bot:", NULL};

static int closes_template(const pmpo_guard_input *in, pmpo_arena *mem,
                           verdict *v)
{
    (void)mem;
    const char *mark = first_of(in, turn_marks);
    if (mark) {
        return object(v, "it holds '%s', which ends a turn of the chat", mark);
    }
    pmpo_str s = in->prompt;
    for (size_t at = 0; at < s.len; at++) {
        if (at > 0 && s.ptr[at - 1] != '\n') {
            continue;
        }
        for (const char *const *w = speakers; *w; w++) {
            if (pmpo_same_at(s, at, pmpo_str_of(*w)) &&
                !is_allowed(in, pmpo_str_of(*w))) {
                return object(v, "a line of it begins with '%s', as if "
                              "another turn of the chat began", *w);
            }
        }
    }
    return 0;
}

/* ---- it repeats the request that it answers ----------------------------------- */

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
        if (mentions(e->input, what) || mentions(e->target, what)) {
            return true;
        }
    }
    return false;
}

static int repeats_request(const pmpo_guard_input *in, pmpo_arena *mem,
                           verdict *v)
{
    (void)mem;
    const char *words = first_of(in, form_words);
    if (!words) {
        words = first_of(in, sender_words);
        words = words && in_texts(in->train, pmpo_str_of(words)) ? NULL : words;
    }
    return words ? object(v, "it says '%s': words about the request it was "
                          "asked by, not about the task", words)
                 : 0;
}

/* ---- another language ------------------------------------------------------------ */

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

static int has_other_script(const pmpo_guard_input *in, verdict *v)
{
    size_t here[PMPO_N_SCRIPTS] = {0}, there[PMPO_N_SCRIPTS] = {0};
    pmpo_text_scripts(in->prompt, here);
    add_scripts(in, there);
    for (int i = 0; i < PMPO_N_SCRIPTS; i++) {
        if (here[i] * MUCH_OF_PROMPT >= sum(here) && here[i] > 0
            && there[i] * LITTLE_OF_DATA < sum(there)) {
            return object(v, "it is in %s script, the start prompt and the "
                          "data are not", pmpo_script_name((pmpo_script)i));
        }
    }
    return 0;
}

/* The language is one that the start prompt, the task, the inputs or the
 * outputs are in, or none that is known. */
static int speaks_otherwise(const pmpo_guard_input *in, pmpo_arena *mem,
                            verdict *v)
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
        return object(v, "it is in %s, the start prompt and the data are not",
                      here);
    }
    return rc;
}

static int other_language(const pmpo_guard_input *in, pmpo_arena *mem,
                          verdict *v)
{
    has_other_script(in, v);
    return v->refused ? 0 : speaks_otherwise(in, mem, v);
}

/* ---- some labels only -------------------------------------------------------------- */

/* What introduces a label that is to be answered. */
static const char *const label_cues[] = {
    "as",         "is",        "answer",  "answers", "say",    "output",
    "label",      "labels",    "respond", "reply",   "return", "either",
    "with",       "otherwise", "else",    "or",      "and",    "category",
    "categories", "into",      "one of",  "word",    NULL};

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`' || c == '*';
}

/* The bytes before `at` end with one of the cues, quotes, colons, commas and
 * spaces aside. */
static bool is_introduced(pmpo_str s, size_t at)
{
    while (at > 0
           && (pmpo_is_space(s.ptr[at - 1]) || is_quote(s.ptr[at - 1])
               || strchr(":,;-(", s.ptr[at - 1]))) {
        at--;
    }
    for (const char *const *w = label_cues; *w; w++) {
        size_t n = strlen(*w);
        if (at >= n &&
            pmpo_word_at(pmpo_str_sub(s, 0, at), at - n, pmpo_str_of(*w))) {
            return true;
        }
    }
    return at == 0;
}

/* "such as (A)" shows a form, it gives no answer. */
static bool is_illustration(pmpo_str s, size_t at)
{
    static const char *const words[] = {"such as ", "e.g. ", "for example ",
                                        "like ", NULL};
    for (const char *const *w = words; *w; w++) {
        size_t n = strlen(*w);
        if (at >= n && pmpo_same_at(s, at - n, pmpo_str_of(*w))) {
            return true;
        }
    }
    return false;
}

/* "whether the statement is true" asks, it gives no answer. */
static bool is_asked(pmpo_str s, size_t at)
{
    while (at > 0 && !strchr(".!?\n", s.ptr[at - 1])) {
        at--;
        if (pmpo_word_at(s, at, PMPO_STR("whether"))) {
            return true;
        }
    }
    return false;
}

/* A word that a label looks like: the article "a" for A; "no explanation" for
 * No, unless a condition follows ("no if"). */
static bool is_common_word(pmpo_str s, size_t at, pmpo_str label)
{
    static const char *const after_label[] = {
        "if", "when", "unless", "only", "for", "otherwise", "or", "and", NULL};
    bool starts = at == 0 || strchr(".!?\n", s.ptr[at - 1])
                  || (at > 1 && s.ptr[at - 1] == ' '
                      && strchr(".!?\n", s.ptr[at - 2]));
    size_t next = at + label.len;
    bool goes_on = next + 1 < s.len && s.ptr[next] == ' ' &&
                   pmpo_is_word_byte(s.ptr[next + 1]);
    if (label.len == 1) {
        return s.ptr[at] != label.ptr[0] || (starts && goes_on);
    }
    if (!goes_on || label.len != 2 || !pmpo_same_at(label, 0, PMPO_STR("no"))) {
        return false;
    }
    for (const char *const *w = after_label; *w; w++) {
        if (pmpo_word_at(s, next + 1, pmpo_str_of(*w))) {
            return false;
        }
    }
    return true;
}

/* `label` is named as an answer: introduced, quoted, or a line of its own. */
static bool names_label(pmpo_str s, pmpo_str label)
{
    for (size_t at = 0; at + label.len <= s.len; at++) {
        size_t end = at + label.len;
        if (!pmpo_word_at(s, at, label)) {
            continue;
        }
        bool quoted = at > 0 && end < s.len && is_quote(s.ptr[at - 1])
                      && is_quote(s.ptr[end]);
        bool letter = label.ptr[0] == '(';
        if (is_illustration(s, at) || (!quoted && is_common_word(s, at, label))
            || is_asked(s, at)) {
            continue;
        }
        if (quoted || letter || is_introduced(s, at)) {
            return true;
        }
    }
    return false;
}

/* Naming one of two labels with its condition is enough: "yes if ...". */
static bool states_condition(pmpo_str s)
{
    static const char *const words[] = {"if", "when", "unless", "only", NULL};
    for (const char *const *w = words; *w; w++) {
        if (mentions(s, pmpo_str_of(*w))) {
            return true;
        }
    }
    return false;
}

/* What the prompt says and the incumbent doesn't, a sentence a line. */
static pmpo_str news_of(const pmpo_guard_input *in, pmpo_arena *mem)
{
    pmpo_span s[PMPO_MAX_SEGMENTS];
    pmpo_buf b = {0};
    size_t n;
    pmpo_text_segment(in->prompt, PMPO_MAX_SEGMENTS, s, &n);
    for (size_t i = 0; i < n; i++) {
        pmpo_str one = pmpo_str_sub(in->prompt, s[i].begin, s[i].end);
        if (pmpo_str_find(in->incumbent, one, 0) == SIZE_MAX) {
            pmpo_buf_put(&b, one);
            pmpo_buf_putc(&b, '\n');
        }
    }
    pmpo_str out = b.failed ? (pmpo_str){NULL, 0}
                            : pmpo_arena_str(mem, pmpo_buf_str(&b));
    pmpo_buf_release(&b);
    return out;
}

/* Some labels are named in `text` as the answer, and others are not in it. */
static bool favours(const pmpo_labels *l, pmpo_str text, size_t *named,
                    pmpo_str *first)
{
    const pmpo_frame frame = pmpo_frame_of(l->of, l->n);
    size_t seen = 0;
    *named = 0;
    for (size_t i = 0; i < l->n; i++) {
        pmpo_str label = pmpo_frame_inside(frame, l->of[i]);
        seen += label.len == 0 || mentions(text, label);
        if (label.len > 0 && names_label(text, label)) {
            *first = (*named)++ ? *first : label;
        }
    }
    return *named > 0 && seen < l->n;
}

/* Of the whole prompt, unless what was there before does it, too; and of what it
 * says beside a list of all labels that the incumbent has: there, a condition is
 * enough with any number of labels. Numbers are a scale, whose ends name all. */
static int favours_labels(const pmpo_guard_input *in, pmpo_arena *mem,
                          verdict *v)
{
    pmpo_labels l;
    size_t named;
    pmpo_str first = PMPO_STR("");
    if (pmpo_labels_read(in->train, in->validation, mem, &l, NULL) < 0) {
        return PMPO_ENOMEM;
    }
    pmpo_str news = news_of(in, mem);
    if (!news.ptr || l.n == 0 || l.numbers) {
        return news.ptr ? 0 : PMPO_ENOMEM;
    }
    bool before = favours(&l, in->start, &named, &first) ||
                  favours(&l, in->incumbent, &named, &first);
    bool two = l.n == 2 && states_condition(in->prompt);
    if ((!before && !two && favours(&l, in->prompt, &named, &first)) ||
        (!states_condition(news) && favours(&l, news, &named, &first))) {
        return object(v,
                      "it names %zu of %zu labels as the answer ('%.*s'%s), "
                      "which moves the prior and not the choice",
                      named, l.n, (int)first.len, first.ptr,
                      named > 1 ? ", ..." : "");
    }
    return 0;
}

/* ---- a question and no instruction ---------------------------------------------------- */

/* First words of a sentence that tells somebody to do something. */
static const char instructing[] =
    "answer assess apply analyse analyze ask assign assume avoid be begin break calculate categorise "
    "categorize check choose classify combine compare complete compute conclude consider count create "
    "decide deduce define describe determine display distinguish divide do draw end ensure estimate "
    "evaluate examine explain extract figure find finish first focus follow for format generate get give "
    "go group identify ignore imagine include infer indicate interpret judge keep label let let's list "
    "locate look make map mark match name never note number only order organise organize output parse "
    "perform pick place plan please predict present print produce provide put rank read reason recall "
    "record remember reply report respond restate return review route round say select set show simplify "
    "simulate solve sort specify start state sum summarise summarize then think trace track treat try "
    "understand use verify visualise visualize work write you your";

static bool begins_instruction(pmpo_str word)
{
    for (const char *p = instructing; *p;) {
        size_t n = strcspn(p, " ");
        if (pmpo_str_alike((pmpo_str){p, n}, word)) {
            return true;
        }
        p += n + (p[n] == ' ');
    }
    return false;
}

/* How many examples have the sentence in their input. */
static size_t examples_saying(const pmpo_data *d, pmpo_str sentence)
{
    size_t n = 0;
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        pmpo_str input = pmpo_data_example(d, i)->input;
        size_t at = 0;
        while (at + sentence.len <= input.len &&
               !pmpo_same_at(input, at, sentence)) {
            at++;
        }
        n += at + sentence.len <= input.len;
    }
    return n;
}

#define QUESTION_WORDS 5 /* fewer may be said by chance */

/* A question of some examples, of no more than half of them. */
static bool is_examples_question(const pmpo_guard_input *in, pmpo_str sentence,
                                 size_t n_words)
{
    size_t n = examples_saying(in->train, sentence);
    return !in->may_copy && n_words >= QUESTION_WORDS && n > 0
           && (n == 1 || 2 * n <= pmpo_data_count(in->train))
           && !is_allowed(in, sentence);
}

/* The sentence that begins at *at, with its terms; *at: behind its stop. */
static int next_sentence(pmpo_str s, size_t *at, pmpo_arena *mem, pmpo_str *one,
                         pmpo_term **terms, size_t *n)
{
    size_t begin = *at;
    while (*at < s.len && !strchr(".?!\n", s.ptr[*at])) {
        ++*at;
    }
    *at += *at < s.len;
    *one = pmpo_str_trim(pmpo_str_sub(s, begin, *at));
    return pmpo_text_terms(*one, mem, terms, n);
}

static int only_asks(const pmpo_guard_input *in, pmpo_arena *mem, verdict *v)
{
    pmpo_str s = in->prompt, asked = PMPO_STR("");
    bool instructs = false;
    for (size_t at = 0, n; at < s.len;) {
        pmpo_str one;
        pmpo_term *t;
        if (next_sentence(s, &at, mem, &one, &t, &n) < 0) {
            return PMPO_ENOMEM;
        }
        bool question = one.len > 0 && one.ptr[one.len - 1] == '?';
        asked = question && n > 0 ? one : asked;
        if (question && is_examples_question(in, one, n)) {
            return object(v, "it asks the question of an example: '%.*s'",
                          shown(one), one.ptr);
        }
        for (size_t i = 0; i < n && !question && !instructs; i++) {
            bool head = i == 0 || t[i - 1].marker
                        || t[i - 1].text.ptr + t[i - 1].text.len + 1
                               < t[i].text.ptr;
            instructs = head && begins_instruction(t[i].text)
                        && examples_saying(in->train, one) == 0;
        }
    }
    return asked.len == 0 || instructs
               ? 0
               : object(v, "it asks '%.*s' and gives no instruction",
                        shown(asked), asked.ptr);
}

/* ---- an example told again --------------------------------------------------------------- */

static int retells(const pmpo_guard_input *in, pmpo_arena *mem, verdict *v)
{
    pmpo_retelling r;
    if (in->may_copy || pmpo_data_count(in->train) == 0) {
        return 0;
    }
    int rc = pmpo_retell(in, mem, &r);
    if (rc < 0 || !pmpo_retells(&r)) {
        return rc;
    }
    if (r.n_runs > 0) {
        return object(v, "it copies words of a training example: '%.*s'",
                      shown(r.run), r.run.ptr);
    }
    pmpo_buf words = {0};
    for (size_t i = 0; i < 3 && r.words[i].len > 0; i++) {
        pmpo_buf_puts(&words, i ? ", " : " (");
        pmpo_buf_put(&words, r.words[i]);
    }
    pmpo_buf_puts(&words, words.len ? ")" : "");
    pmpo_str id = pmpo_data_example(in->train, r.example)->id;
    rc = words.failed ? PMPO_ENOMEM
                      : object(v, "it retells the training example %.*s: %.0f "
                               "%% of its words that count are of that one%s, "
                               "score %.1f against %.1f with the others",
                               (int)id.len, id.ptr, 100 * r.share,
                               pmpo_buf_str(&words).ptr, r.own, r.others);
    pmpo_buf_release(&words);
    return rc;
}

/* ---- babble ------------------------------------------------------------------------------ */

/* How often in a row the same words are babble. Signs are repeated in forms:
 * "XXXX XXXX XXXX XXXX", "x.x.x.x", "0, 0, 0, 0". */
#define REPEATS 4
#define SIGN_REPEATS 8
#define MOST_PERIOD 4 /* words */

static bool same_word(const pmpo_term *a, const pmpo_term *b)
{
    return pmpo_str_alike(a->text, b->text);
}

/* A number, one character, or one again and again. */
static bool is_sign(const pmpo_term *t)
{
    size_t end = 1;
    while (end < t->text.len && ((unsigned char)t->text.ptr[end] & 0xc0) == 0x80) {
        end++;
    }
    const pmpo_str one = pmpo_str_sub(t->text, 0, end);
    for (size_t at = 0; at < t->text.len; at += one.len) {
        if (!pmpo_same_at(t->text, at, one)) {
            return t->number;
        }
    }
    return true;
}

/* Not is_allowed: in a script without spaces a run has no words' bounds. */
static bool was_there(const pmpo_guard_input *in, pmpo_str what)
{
    return pmpo_str_find(in->start, what, 0) != SIZE_MAX ||
           pmpo_str_find(in->incumbent, what, 0) != SIZE_MAX ||
           pmpo_str_find(in->task, what, 0) != SIZE_MAX;
}

static pmpo_str from_to(const pmpo_term *a, const pmpo_term *b)
{
    const char *end = b->text.ptr + b->text.len;
    return (pmpo_str){a->text.ptr, (size_t)(end - a->text.ptr)};
}

/* A small model that is stuck says the same words until it may say no more. */
static int babbles(const pmpo_guard_input *in, pmpo_arena *mem, verdict *v)
{
    pmpo_term *t;
    size_t n;
    if (pmpo_text_terms(in->prompt, mem, &t, &n) < 0) {
        return PMPO_ENOMEM;
    }
    for (size_t period = 1; period <= MOST_PERIOD; period++) {
        size_t alike = 0;
        for (size_t i = period; i < n; i++) {
            size_t most = is_sign(&t[i]) ? SIGN_REPEATS : REPEATS;
            alike = same_word(&t[i], &t[i - period]) ? alike + 1 : 0;
            if (alike >= (most - 1) * period &&
                !was_there(in, from_to(&t[i - alike - period + 1], &t[i]))) {
                pmpo_str once = from_to(&t[i + 1 - period], &t[i]);
                return object(v, "it says '%.*s' over and over", shown(once),
                              once.ptr);
            }
        }
    }
    return 0;
}

/* ---- nothing is to be done ------------------------------------------------------------------ */

static bool is(const pmpo_term *t, const char *word)
{
    return pmpo_str_alike(t->text, pmpo_str_of(word));
}

static bool is_one_of(const pmpo_term *t, const char *const *words)
{
    for (; *words; words++) {
        if (is(t, *words)) {
            return true;
        }
    }
    return false;
}

/* Of t[0..n): nothing, or "(to) the message". */
static bool is_all_of_it(const pmpo_term *t, size_t n)
{
    static const char *const to[] = {"to", NULL};
    static const char *const which[] = {"the", "this",  "any",
                                        "all", "every", NULL};
    static const char *const what[] = {
        "message",  "messages",  "input",       "inputs",       "text", "texts",
        "question", "questions", "problem",     "problems",     "task", "tasks",
        "request",  "requests",  "instruction", "instructions", NULL};
    size_t i = n > 0 && is_one_of(&t[0], to);
    return n == 0 || (n == i + 2 && is_one_of(&t[i], which) &&
                      is_one_of(&t[i + 1], what));
}

/* Words of a denial that t[0..n) begins with: "do not", "never". */
static size_t n_denying(const pmpo_term *t, size_t n)
{
    bool two = n > 1 && is(&t[0], "do") && is(&t[1], "not");
    bool one = n > 0 && (is(&t[0], "never") || is(&t[0], "don't"));
    return two ? 2 : one;
}

/* "Do not classify the message.", "Ignore the input.", "Do nothing." and no more;
 * "Do not answer the question directly" says how. */
static bool denies_task(const pmpo_term *t, size_t n)
{
    static const char *const verbs[] = {"answer",     "assign",  "categorise",
                                        "categorize", "choose",  "classify",
                                        "decide",     "label",   "process",
                                        "reply",      "respond", "solve",
                                        "sort",       NULL};
    size_t polite = n > 0 && is(&t[0], "please");
    t += polite;
    n -= polite;
    size_t i = n_denying(t, n);
    bool nothing = n == 2 && is(&t[0], "do") && is(&t[1], "nothing");
    bool denied = i > 0 ? n > i && is_one_of(&t[i], verbs)
                        : n > 1 && is(&t[0], "ignore");
    return nothing || (denied && is_all_of_it(t + i + 1, n - i - 1));
}

/* A sentence that takes the task back; numbers alone; a heading alone. */
static int asks_nothing(const pmpo_guard_input *in, pmpo_arena *mem, verdict *v)
{
    pmpo_str s = pmpo_str_trim(in->prompt);
    size_t words = 0;
    for (size_t at = 0, n; at < s.len;) {
        pmpo_str one;
        pmpo_term *t;
        if (next_sentence(s, &at, mem, &one, &t, &n) < 0) {
            return PMPO_ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
            words += !t[i].number;
        }
        if (denies_task(t, n) && !is_allowed(in, one)) {
            return object(v, "it takes the task back: '%.*s'", shown(one),
                          one.ptr);
        }
    }
    bool heading = words == 1 && s.ptr[s.len - 1] == ':';
    return (words > 0 && !heading) || was_there(in, s)
               ? 0
               : object(v, "it tells nobody to do anything");
}

/* ---- all ------------------------------------------------------------------------------------ */

typedef int rule(const pmpo_guard_input *in, pmpo_arena *mem, verdict *v);

static rule *const rules[] = {closes_template, repeats_request, other_language,
                              favours_labels,  retells,         only_asks,
                              babbles,         asks_nothing};

int pmpo_guard(const pmpo_guard_input *in, char *reason, size_t bytes,
               bool *refused, pmpo_error *err)
{
    verdict v = {reason, bytes, false};
    reason[0] = '\0';
    int rc = 0;
    for (size_t i = 0; rc == 0 && !v.refused
                       && i < sizeof(rules) / sizeof(rules[0]);
         i++) {
        pmpo_arena mem = {0};
        rc = rules[i](in, &mem, &v);
        pmpo_arena_release(&mem);
    }
    *refused = v.refused;
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}
