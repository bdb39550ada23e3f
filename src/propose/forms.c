/* forms.c: the texts of the rewriting and marking forms.
 *
 * Written plainly and in the order in which a model needs them: the material
 * first, what to do with it last. */
#include "propose/forms.h"

#include <math.h>

#include "text/text.h"

#define PART_BYTES 300 /* a longer part of the instruction is shown shortened */
#define LIT(s) {s, sizeof(s) - 1} /* PMPO_STR for static initialisers */

const pmpo_example pmpo_probe_example = {
    .id = LIT("probe"),
    .input = LIT("The parcel you promised for Monday still isn't here and the "
                 "tracking page has not changed for four days."),
    .target = LIT("delivery"),
    .weight = 1,
};

static const char advice[] =
    "Advice for the new instruction:\n"
    "- Be clear and specific about what to do and what to answer.\n"
    "- Give it a simple structure; short sentences or a short list.\n"
    "- Remove what is redundant, merge rules that overlap, simplify.\n"
    "- Spell out what is left open or underspecified.\n"
    "- It must work for every input of the task. Never tailor it to the "
    "example above, and do not repeat or mention that example.\n";

void pmpo_form_example_input(const pmpo_example *e, pmpo_buf *out)
{
    if (e->n_messages == 0) {
        pmpo_buf_put(out, e->input);
        return;
    }
    for (size_t i = 0; i < e->n_messages; i++) {
        pmpo_buf_puts(out, i ? "\n" : "");
        pmpo_buf_put(out, e->messages[i].role);
        pmpo_buf_puts(out, ": ");
        pmpo_buf_put(out, e->messages[i].content);
    }
}

static void put_instruction(const char *title, pmpo_str instruction,
                            pmpo_buf *out)
{
    pmpo_buf_puts(out, title);
    pmpo_buf_puts(out, PMPO_FORM_BEGIN);
    pmpo_buf_put(out, instruction);
    pmpo_buf_puts(out, PMPO_FORM_END);
}

/* Title, text cut to what is allowed, newline. */
static bool put_field(const char *title, pmpo_str text, size_t max,
                      pmpo_buf *out)
{
    pmpo_buf_puts(out, title);
    bool cut = pmpo_text_shorten(text, max, out);
    pmpo_buf_putc(out, '\n');
    return cut;
}

static bool put_example(const pmpo_form_input *in, pmpo_buf *out)
{
    const pmpo_example *e = in->example;
    pmpo_buf input = {0};
    pmpo_form_example_input(e, &input);
    bool cut = put_field("Input: ", pmpo_buf_str(&input), in->max_bytes, out);
    out->failed = out->failed || input.failed;
    pmpo_buf_release(&input);
    cut |= put_field("Expected output: ", e->target, in->max_bytes, out);
    /* One wrong output shows the contrast; more would crowd the form. */
    if (e->n_rejected > 0) {
        cut |= put_field("Not: ", e->rejected[0], in->max_bytes, out);
    }
    return cut;
}

static void put_table(const pmpo_form_input *in, pmpo_buf *out)
{
    if (in->n_segments == 0) {
        return;
    }
    pmpo_buf_puts(out,
                  "\nParts of the instruction, and how much the model's loss "
                  "on the examples rises when the part is hidden (more is "
                  "better). Take it as a hint; you may change any part.\n");
    for (size_t i = 0; i < in->n_segments; i++) {
        const pmpo_segment_effect *s = &in->segments[i];
        if (isnan(s->effect)) {
            continue;
        }
        pmpo_buf_printf(out, "%zu. %+.4f, %s: ", i + 1, s->effect,
                        pmpo_effect_name(pmpo_effect_of(s, in->noise_floor)));
        pmpo_text_shorten(s->text, PART_BYTES, out);
        pmpo_buf_putc(out, '\n');
    }
}

static bool large_form(const pmpo_form_input *in, pmpo_buf *out)
{
    pmpo_buf_puts(out, "You improve instructions that a language model "
                       "follows.\n\nTask: ");
    pmpo_buf_put(out, in->task);
    put_instruction("\n\nThe instruction in use:\n", in->instruction, out);
    pmpo_buf_puts(out, "\nAn example on which the model does badly under "
                       "it:\n");
    bool cut = put_example(in, out);
    put_table(in, out);
    pmpo_buf_putc(out, '\n');
    pmpo_buf_puts(out, advice);
    pmpo_buf_puts(out,
                  "\nFirst say in two or three sentences what in the "
                  "instruction may lead the model away from the expected "
                  "output. Then write the whole improved instruction, and "
                  "nothing else, between " PMPO_REPLY_OPEN
                  " and " PMPO_REPLY_CLOSE ".\n");
    return cut;
}

static bool small_form(const pmpo_form_input *in, pmpo_buf *out)
{
    pmpo_buf_puts(out, "Task: ");
    pmpo_buf_put(out, in->task);
    put_instruction("\nOld instruction:\n", in->instruction, out);
    pmpo_buf_puts(out, "The old instruction works badly here:\n");
    bool cut = put_example(in, out);
    put_table(in, out);
    pmpo_buf_puts(out,
                  "Write a better instruction for the task. It must be clear "
                  "and short, different from the old one, and fit every "
                  "input. Do not mention the example.\n"
                  "Begin your reply with " PMPO_REPLY_OPEN ", then the new "
                  "instruction, then " PMPO_REPLY_CLOSE ".\n");
    return cut;
}

const pmpo_json_form *pmpo_form_json(bool analysis)
{
    static const char *const names[] = {"analysis", "prompt"};
    static const pmpo_json_form forms[2] = {{names + 1, 1, PMPO_REPLY_OPEN,
                                             PMPO_REPLY_CLOSE, NULL, 0},
                                            {names, 2, PMPO_REPLY_OPEN,
                                             PMPO_REPLY_CLOSE, NULL, 0}};
    return &forms[analysis];
}

bool pmpo_form_rewrite(pmpo_rewrite_form form, const pmpo_form_input *in,
                       pmpo_buf *out)
{
    return form == PMPO_FORM_SMALL ? small_form(in, out) : large_form(in, out);
}

static void put_task(pmpo_str task, pmpo_buf *out)
{
    if (!pmpo_str_eq(task, PMPO_STR(PMPO_NEUTRAL_TASK))) { /* it says nothing */
        pmpo_buf_puts(out, "Task: ");
        pmpo_buf_put(out, task);
        pmpo_buf_puts(out, "\n\n");
    }
}

void pmpo_form_induce(pmpo_str task, const pmpo_example *const *pairs, size_t n,
                      pmpo_frame frame, size_t max_bytes, pmpo_buf *out)
{
    put_task(task, out);
    pmpo_buf_puts(out, "Examples of a task, each with the right answer:\n");
    for (size_t i = 0; i < n; i++) {
        pmpo_buf input = {0};
        pmpo_form_example_input(pairs[i], &input);
        put_field("\nInput: ", pmpo_buf_str(&input), max_bytes, out);
        put_field("Answer: ", pmpo_frame_inside(frame, pairs[i]->target),
                  max_bytes, out);
        out->failed = out->failed || input.failed;
        pmpo_buf_release(&input);
    }
    pmpo_buf_puts(out,
                  "\nSomeone else will have to do this task, on other inputs, "
                  "and sees no example. Tell him in two sentences what to do: "
                  "how to find the answer, and exactly what to write as the "
                  "answer. Use general words, no names and no numbers.\n"
                  "Begin your reply with " PMPO_REPLY_OPEN ", then the two "
                  "sentences, then " PMPO_REPLY_CLOSE ".\n");
}

void pmpo_form_edit(const pmpo_form_input *in, pmpo_str segment, pmpo_buf *out)
{
    put_task(in->task, out);
    pmpo_buf_puts(out, "An example of a task:\n");
    put_example(in, out);
    put_instruction("\nThis is how a model is told to do such tasks:\n",
                    in->instruction, out);
    if (segment.len > 0) {
        put_field("\nOne part of it does not help: ", segment, PART_BYTES, out);
        pmpo_buf_puts(out, "Write one better sentence to put in its place.");
    } else {
        pmpo_buf_puts(out, "\nWrite one more sentence for it.");
    }
    pmpo_buf_puts(out,
                  " The sentence is a rule for every task of this kind, also on "
                  "other inputs: how to find the answer, or what to write. Use "
                  "general words, no names and no numbers.\n"
                  "Begin your reply with " PMPO_REPLY_OPEN ", then the "
                  "sentence, then " PMPO_REPLY_CLOSE ".\n");
}

void pmpo_form_paraphrase(pmpo_str instruction, pmpo_buf *out)
{
    put_instruction("An instruction for a language model:\n", instruction, out);
    pmpo_buf_puts(out,
                  "\nWrite it again in other words and with other sentences. "
                  "It must ask for exactly the same, more clearly.\n"
                  "Begin your reply with " PMPO_REPLY_OPEN ", then the new "
                  "instruction, then " PMPO_REPLY_CLOSE ".\n");
}

/* ---- grammars ----------------------------------------------------------------- */

#define SENTENCE_CHARACTERS 180
#define LEAST_SENTENCES 3 /* that an instruction may have */
#define BYTES_A_SENTENCE 60
#define MOST_SENTENCES 12

/* Sentences, so that a reply which grows too long ends with one. A full stop
 * within a sentence is a number's. */
void pmpo_form_grammar(pmpo_str like, bool opened, bool ascii, bool sentence,
                       pmpo_buf *out)
{
    bool lines = pmpo_str_find(like, PMPO_STR("\n"), 0) != SIZE_MAX;
    size_t most = 2 * like.len / BYTES_A_SENTENCE;
    most = most > LEAST_SENTENCES ? most : LEAST_SENTENCES;
    most = sentence ? 1 : most < MOST_SENTENCES ? most : MOST_SENTENCES;
    pmpo_buf_printf(out, "root ::= %s rest (gap sentence){0,%zu} \""
                    PMPO_REPLY_CLOSE "\"\n", opened ? "on" : "first", most - 1);
    pmpo_buf_printf(out, "gap ::= \" \"%s\n", lines ? " | \"\\n\" \"- \"?" : "");
    pmpo_buf_puts(out, "on ::= [ ,]\nsentence ::= first rest\n");
    pmpo_buf_printf(out, "rest ::= inner{8,%d} [.!]\n", SENTENCE_CHARACTERS);
    pmpo_buf_puts(out,
                  ascii ? "first ::= [A-Z]\n" : "first ::= [^<>?.! \\n]\n");
    pmpo_buf_puts(out, "inner ::= char | \" \" char\n");
    pmpo_buf_puts(out, ascii ? "char ::= [\\x22-\\x2D/:;=@-~] | number\n"
                             : "char ::= [^<>?!. 0-9\\n] | number\n");
    pmpo_buf_puts(out, "number ::= [0-9] (\".\" [0-9])?\n");
}

void pmpo_form_mark(pmpo_str instruction, int max, pmpo_buf *out)
{
    put_instruction("Here is an instruction:\n", instruction, out);
    pmpo_buf_printf(out,
                    "\nCopy it exactly, character by character, and put "
                    PMPO_MARK_OPEN " before and " PMPO_MARK_CLOSE " after "
                    "each part that could be taken out on its own: a method, "
                    "a rule, an example. Mark at most %d parts; parts must "
                    "not overlap. Change nothing else and add nothing. "
                    "Reply with the copy only.\n", max);
}
