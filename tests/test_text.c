/* test_text.c: segments, markings, masks, replies, shortening. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/thinking.h"
#include "text/frame.h"
#include "text/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- segments ---------------------------------------------------------- */

/* The segments of `prompt` with '|' between them; compared with `want`. */
static void segments_are(const char *prompt, int max, const char *want)
{
    pmpo_span s[PMPO_MAX_SEGMENTS];
    size_t n = 99;
    pmpo_buf b = {0};
    pmpo_str p = pmpo_str_of(prompt);
    pmpo_text_segment(p, max, s, &n);
    for (size_t i = 0; i < n; i++) {
        if (i) {
            pmpo_buf_putc(&b, '|');
        }
        pmpo_buf_put(&b, pmpo_str_sub(p, s[i].begin, s[i].end));
    }
    assert_string_equal(pmpo_buf_str(&b).ptr, want);
    pmpo_buf_release(&b);
}

static void sentences(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Let's think step by step.", "Let's think step by step."},
        {" \n\t ", ""},
        {"", ""},
        {"...", "..."},
        {"  Read it.  Then answer!\n", "Read it.|Then answer!"},
        {"Why? Say \"yes.\" (Or no.) Done", "Why?|Say \"yes.\"|(Or no.)|Done"},
        {"Use 3.5 or v1.2. 7 is fine.", "Use 3.5 or v1.2.|7 is fine."},
        {"Cite e.g. Smith, i.e. Dr. Smith vs. Mr. X. Then stop.",
         "Cite e.g. Smith, i.e. Dr. Smith vs. Mr. X. Then stop."},
        {"See e.g. Dr. Who vs. Mrs. Who here. Then stop.",
         "See e.g. Dr. Who vs. Mrs. Who here.|Then stop."},
        {"Read J. K. Rowling in the U.S. Army. Stop.",
         "Read J. K. Rowling in the U.S. Army.|Stop."},
        {"Pick A or B. Explain.", "Pick A or B.|Explain."},
        {"Say yes or no. Then see no. 5 and Fig. 2 again.",
         "Say yes or no.|Then see no. 5 and Fig. 2 again."},
        {"Steps: 1. Read. 2. Think. 3. Answer.",
         "Steps: 1. Read.|2. Think.|3. Answer."},
        {"Wait... and go... Now.", "Wait... and go...|Now."},
        {"It ends.\nthen goes on", "It ends.|then goes on"},
        {"Not at example.com or file.c today", /* no space, no capital */
         "Not at example.com or file.c today"},
        {"这是第一句。这是第二句！“第三句？”第四句",
         "这是第一句。|这是第二句！|“第三句？”|第四句"},
        {"Première. Éclair. été. Привет. мир. Да.",
         "Première.|Éclair. été.|Привет. мир.|Да."},
        {"Be concise\nUse bullets\nAnswer in French",
         "Be concise|Use bullets|Answer in French"},
        {"First, read it,\nThen go", "First, read it,\nThen go"},
        {"This line was wrapped by an editor, so that its break means\n"
         "Nothing at all to us.",
         "This line was wrapped by an editor, so that its break means\n"
         "Nothing at all to us."},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        segments_are(cases[i][0], PMPO_MAX_SEGMENTS, cases[i][1]);
    }
}

static void blocks(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Do this:\n- first. Still first.\n  wrapped\n* second\n+ third",
         "Do this:|- first. Still first.\n  wrapped|* second|+ third"},
        {"1. a one\n2) b two\n(c) c three\n(iv) d four\n10. e five",
         "1. a one|2) b two|(c) c three|(iv) d four|10. e five"},
        {"1. Think:\n   - one\n   - two\n2. Write.",
         "1. Think:|- one|- two|2. Write."},
        {"- loose\n\n  still loose\n\n- next", "- loose\n\n  still loose|- next"},
        {"- a\n- b is last.\nNow answer.", "- a|- b is last.|Now answer."},
        {"- a goes\non here", "- a goes\non here"},
        {"# Task\nRead. Answer.\n\n## Rules ##\nNone",
         "# Task|Read.|Answer.|## Rules ##|None"},
        {"Copy:\n```c\n\nx. Y\n# no\n- no\n```\nThen stop.",
         "Copy:|```c\n\nx. Y\n# no\n- no\n```|Then stop."},
        {"~~~\nnever. Closed\n\n- x", "~~~\nnever. Closed\n\n- x"},
        {"One\n\n---\n\nTwo", "One\n\n---|Two"},
        {"---\nOne thing\n", "---\nOne thing"},
        {"***\n\n---", "***\n\n---"},
        {"a\r\n\r\nb\r\n", "a|b"},
        {"-5 is no bullet", "-5 is no bullet"},
        {"(see this) it goes", "(see this) it goes"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        segments_are(cases[i][0], PMPO_MAX_SEGMENTS, cases[i][1]);
    }
}

static void merging(void **state)
{
    (void)state;
    const char *six = "Aaa bb. Ccc dd. Eee ff. Ggg hh. Iii jj. Kkk ll.";
    segments_are(six, 6, "Aaa bb.|Ccc dd.|Eee ff.|Ggg hh.|Iii jj.|Kkk ll.");
    segments_are(six, 3, "Aaa bb. Ccc dd.|Eee ff. Ggg hh.|Iii jj. Kkk ll.");
    segments_are(six, 2,
                 "Aaa bb. Ccc dd. Eee ff.|Ggg hh. Iii jj. Kkk ll.");
    segments_are(six, 1, six);
    segments_are(six, 0, "");
    segments_are(six, -1, "");
    /* The long one stays alone: the largest piece is as small as can be. */
    segments_are("Short. This one is far longer than the others. Tiny. Wee.",
                 3, "Short.|This one is far longer than the others.|"
                    "Tiny. Wee.");
    /* Paragraphs of two and two sentences are not joined across. */
    segments_are("Aaaa aaaa. Bb.\n\nCc. Dddd dddd.", 2,
                 "Aaaa aaaa. Bb.|Cc. Dddd dddd.");
    segments_are("Aaaa aa. Bbbb bb. Cc.\n\nDd. Eeee ee. Ff.", 2,
                 "Aaaa aa. Bbbb bb. Cc.|Dd. Eeee ee. Ff.");
    /* Sentences are joined before paragraphs, even if less even. */
    segments_are("Aaaa. Bbbb.\n\nCccccc.\n\nDdddd.", 3,
                 "Aaaa. Bbbb.|Cccccc.|Ddddd.");
    /* A heading goes with what is under it. */
    segments_are("# One\nAaaa aaa.\n\n# Two\nBbbb bbb.", 2,
                 "# One\nAaaa aaa.|# Two\nBbbb bbb.");
    segments_are("# Tttt\nBb cc.\n\nDd ee. Ff gg.", 3,
                 "# Tttt\nBb cc.|Dd ee.|Ff gg.");
    /* 7 and 15 bytes rather than 12 and 11 across the paragraphs; but not
     * 7 and 23 rather than 16 and 15. */
    segments_are("Aa. Bb.\n\nCc. Dd. Ee. Ff.", 2, "Aa. Bb.|Cc. Dd. Ee. Ff.");
    segments_are("Aa. Bb.\n\nCc. Dd. Ee. Ff. Gg. Hh.", 2,
                 "Aa. Bb.\n\nCc. Dd.|Ee. Ff. Gg. Hh.");
}

static void many_units(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    for (int i = 0; i < 1000; i++) {
        pmpo_buf_printf(&b, "%d. Item.\n", i % 100 + 100);
    }
    pmpo_span s[PMPO_MAX_SEGMENTS];
    for (int max = 1; max < 100; max += 9) {
        size_t n = 0;
        pmpo_text_segment(pmpo_buf_str(&b), max, s, &n);
        size_t want = max < PMPO_MAX_SEGMENTS ? (size_t)max : PMPO_MAX_SEGMENTS;
        assert_int_equal(n, want);
        assert_int_equal(s[0].begin, 0);
        assert_int_equal(s[n - 1].end, b.len - 1);
        for (size_t i = 0; i < n; i++) {
            size_t len = s[i].end - s[i].begin;
            assert_true(len <= b.len / want * 2);
            assert_true(i == 0 || s[i].begin == s[i - 1].end + 1);
        }
    }
    pmpo_buf_release(&b);
    /* A long run of stops must not take long: it is one unit. */
    for (int i = 0; i < 200000; i++) {
        pmpo_buf_puts(&b, ".)");
    }
    size_t n = 0;
    pmpo_text_segment(pmpo_buf_str(&b), 5, s, &n);
    assert_int_equal(n, 1);
    pmpo_buf_release(&b);
}

static void masks(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    pmpo_text_mask(PMPO_STR("Read. Answer."), (pmpo_span){6, 13}, &b);
    assert_string_equal(b.ptr, "Read. <MASK>");
    pmpo_buf_clear(&b);
    pmpo_text_mask(PMPO_STR("Read. Answer."), (pmpo_span){0, 5}, &b);
    assert_string_equal(b.ptr, "<MASK> Answer.");
    pmpo_buf_release(&b);
}

/* ---- markings ---------------------------------------------------------- */

/* The marked parts with '|' between, or the refusal behind a '!'. */
static void marking_is(const char *prompt, const char *reply, int max,
                       const char *want)
{
    pmpo_span s[PMPO_MAX_SEGMENTS];
    size_t n = 99;
    pmpo_buf b = {0};
    pmpo_str p = pmpo_str_of(prompt);
    const char *why =
        pmpo_text_read_marking(p, pmpo_str_of(reply), max, s, &n);
    if (why) {
        pmpo_buf_printf(&b, "!%s", why);
        assert_int_equal(n, 0);
    }
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_printf(&b, "%s%.*s", i ? "|" : "",
                        (int)(s[i].end - s[i].begin), prompt + s[i].begin);
    }
    assert_string_equal(pmpo_buf_str(&b).ptr, want);
    pmpo_buf_release(&b);
}

static const char step[] = "Let's think step by step.";

static void marking_accepted(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"<unit>Let's think</unit> step by step.", "Let's think"},
        {"Let's <unit>think</unit> <unit>step by step.</unit>",
         "think|step by step."},
        {"<unit>Let's</unit><unit> think </unit>step by step.",
         "Let's|think"}, /* ends are trimmed */
        {"<unit>Let's think step by step.</unit>",
         "Let's think step by step."},
        {"Sure! Here:\n```\n<prompt>\nLet's <unit>think</unit> step by step."
         "\n</prompt>\n```\nI marked <unit>one</unit> unit.", "think"},
        {"<UNIT>\nLet's think step by step.\n</ unit >",
         "Let's think step by step."},
        /* An unmarked copy first, then the marking. */
        {"Let's think step by step.\nLet's think <unit>step by step.</unit>",
         "step by step."},
        {"Let's think <unit>step by step.\n"
         "Let's <unit>think</unit> step by step.", "think"},
        /* Of two markings the last one. */
        {"Let's think step <unit>by</unit> step. "
         "Let's think <unit>step by</unit> step.", "step by"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        marking_is(step, cases[i][0], 5, cases[i][1]);
    }
    marking_is("  Go on. \n", "<unit>Go</unit> on.", 5, "Go");
    marking_is("aa", "<unit>a</unit>a", 1, "a");
    marking_is("Go on.", "<think>Go <unit>on.</unit>?</think>\nGo on.", 2,
               "!no segment is marked");
    marking_is("Use <think> and </think>.",
               "<unit>Use</unit> <think> and "
               "</think>.",
               2, "Use");
    marking_is("Write behind </think>.", "Write <unit>behind</unit> </think>.",
               2, "behind");
    marking_is("Für é", "Für <unit>é</unit>", 1, "é");
    marking_is("<b> x", "<unit><b></unit> <unit>x</unit>", 2, "<b>|x");
}

static void marking_refused(void **state)
{
    (void)state;
    static const char copy[] = "!the reply does not repeat the prompt exactly";
    static const char *const cases[][2] = {
        {"", copy},
        {"Lets <unit>think</unit> step by step.", copy},
        {"Let's <unit>think</unit> step  by step.", copy},
        {"Let's <unit>think</unit> step by step", copy},
        {"Let's think step by step.", "!no segment is marked"},
        {"<unit>Note</unit>: Let's think step by step.",
         "!no segment is marked"},
        {"Let's <unit>think step by step.", "!a mark is not closed"},
        {"Let's <unit>think step by step.<unit>", "!marks are nested"},
        {"Let's <unit>think <unit>step</unit></unit> by step.",
         "!marks are nested"},
        {"Let's think</unit> step <unit>by</unit> step.",
         "!a mark is closed that was not opened"},
        {"Let's<unit> </unit>think step by step.",
         "!a marked segment is empty"},
        {"Let's <unit></unit>think step by step.",
         "!a marked segment is empty"},
        {"<unit>Let's</unit> <unit>think</unit> <unit>step</unit> by step.",
         "!more segments are marked than asked for"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        marking_is(step, cases[i][0], 2, cases[i][1]);
    }
    marking_is(" \n", "<unit>x</unit>", 2, "!the prompt is empty");
    marking_is("Use <MASK>", "Use <unit><MASK></unit>", 2,
               "!the prompt itself holds a tag");
    marking_is("é", "<unit>\xc3</unit>\xa9", 2, "!a mark cuts a character");
    marking_is("x", "<unit>x</unit>", 0,
               "!more segments are marked than asked for");
}

/* No more than the spans a caller has room for, whatever `max` says. */
static void marking_has_bounds(void **state)
{
    (void)state;
    pmpo_buf p = {0}, reply = {0};
    for (int i = 0; i < PMPO_MAX_SEGMENTS; i++) {
        pmpo_buf_puts(&p, "x ");
        pmpo_buf_puts(&reply, "<unit>x</unit> ");
    }
    pmpo_span s[PMPO_MAX_SEGMENTS];
    size_t n = 0;
    assert_null(pmpo_text_read_marking(pmpo_buf_str(&p), pmpo_buf_str(&reply),
                                       1000, s, &n));
    assert_int_equal(n, PMPO_MAX_SEGMENTS);
    pmpo_buf_puts(&p, "x ");
    pmpo_buf_puts(&reply, "<unit>x</unit> ");
    assert_string_equal(pmpo_text_read_marking(pmpo_buf_str(&p),
                                               pmpo_buf_str(&reply), 1000, s,
                                               &n),
                        "more segments are marked than asked for");
    assert_int_equal(n, 0);
    pmpo_buf_release(&p);
    pmpo_buf_release(&reply);
}

static void tags(void **state)
{
    (void)state;
    static const char *const with[] = {
        "<unit>", "a </unit> b", "<MASK>", "x< / Prompt >", "<<PROMPT>"};
    static const char *const without[] = {
        "", "<units>", "unit", "<", "<unit", "mask", "<b>", "< >", "</>"};
    for (size_t i = 0; i < COUNT(with); i++) {
        assert_true(pmpo_text_has_tags(pmpo_str_of(with[i])));
    }
    for (size_t i = 0; i < COUNT(without); i++) {
        assert_false(pmpo_text_has_tags(pmpo_str_of(without[i])));
    }
}

/* ---- replies ----------------------------------------------------------- */

static void reply_is(const char *reply, bool complete, const char *want)
{
    pmpo_str found = {"untouched", 9};
    pmpo_buf b = {0};
    const char *why =
        pmpo_text_read_reply(pmpo_str_of(reply), complete, &found);
    if (why) {
        pmpo_buf_printf(&b, "!%s", why);
        assert_string_equal(found.ptr, "untouched");
    } else {
        pmpo_buf_put(&b, found);
    }
    assert_string_equal(pmpo_buf_str(&b).ptr, want);
    pmpo_buf_release(&b);
}

static void reply_accepted(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"<prompt>Answer yes or no.</prompt>", "Answer yes or no."},
        {"Diagnosis: x\n< PROMPT >\n Do it. \n</ prompt >\nbye", "Do it."},
        {"<prompt>old</prompt> then <prompt>new one</prompt>", "new one"},
        {"<prompt>\n```\nDo it.\n```\n</prompt>", "Do it."},
        {"<prompt>```markdown\n# Do\n\nit.\n```</prompt>", "# Do\n\nit."},
        {"<prompt>```Do it.```</prompt>", "Do it."},
        {"<prompt>```\n\"Do it.\"\n```</prompt>", "Do it."},
        {"<prompt>```\na\n```\nb\n```\nc\n```</prompt>",
         "```\na\n```\nb\n```\nc\n```"},
        {"<prompt>\"Do it.\"</prompt>", "Do it."},
        {"<prompt>'Let's go.'</prompt>", "Let's go."},
        {"<prompt>“Do it.”</prompt>", "Do it."},
        {"<prompt>`Do it.`</prompt>", "Do it."},
        {"<prompt>\"A\" or \"B\"</prompt>", "\"A\" or \"B\""},
        {"<prompt>'A' or 'B'</prompt>", "'A' or 'B'"},
        {"<prompt>Say \"A\"</prompt>", "Say \"A\""},
        {"<prompt><prompt>x y</prompt></prompt>", "x y"},
        {"<prompt>\n<prompt><prompt>x y</prompt> </prompt></prompt>", "x y"},
        {"The <prompt> tag: <prompt>Do it.</prompt>", "Do it."},
        {"<prompt>Do it.</prompt> (between <prompt> and </prompt>)", "Do it."},
        {"<prompt>Do it.", "Do it."},
        {"<prompt>Do it.</pro", "Do it."},
        {"<prompt>Do it.\n</prompt", "Do it."},
        {"<prompt>Do it.</prompt><prompt>cut", "Do it."},
        {"<prompt>Instruction: do it.</prompt>", "Instruction: do it."},
        {"<prompt>Follow the instruction.</prompt>", "Follow the instruction."},
        {"<prompt>请回答。</prompt>", "请回答。"},
        {"<prompt>1</prompt>", "1"},
        {"<think>\nPerhaps <prompt>Draft.</prompt>?\n</think>\n"
         "<prompt>Do it.</prompt>",
         "Do it."},
        {"<prompt>Write only the answer after </think>.</prompt>",
         "Write only the answer after </think>."},
        {"<prompt>Reason in <think> and </think>.</prompt>",
         "Reason in <think> and </think>."},
        {"So <prompt>Draft.</prompt>? No.</think><prompt>Do it.", "Do it."},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        reply_is(cases[i][0], true, cases[i][1]);
    }
    reply_is("<prompt>Do it.</prompt> and", false, "Do it.");
}

static void reply_refused(void **state)
{
    (void)state;
    static const char empty[] = "!the instruction is empty";
    static const char holder[] = "!the instruction is only a placeholder";
    static const char tag[] = "!the instruction holds a tag";
    static const char none[] = "!the reply holds no <prompt> tags";
    static const char *const cases[][2] = {
        {"", "!the reply is empty"},
        {" \n", "!the reply is empty"},
        {"Answer yes.", none},
        {"Answer yes.</prompt>", none},
        {"between <prompt> and </prompt>", none},
        {"<prompt></prompt>", empty},
        {"<prompt> \n </prompt>", empty},
        {"<prompt>\"\"</prompt>", empty},
        {"<prompt>``````</prompt>", empty},
        {"<prompt>", empty},
        {"<prompt>...</prompt>", holder},
        {"<prompt>…</prompt>", holder},
        {"<prompt>[...]</prompt>", holder},
        {"<prompt>[…]</prompt>", holder},
        {"<prompt>Your instruction here</prompt>", holder},
        {"<prompt>[NEW INSTRUCTION]</prompt>", holder},
        {"<prompt>\"{improved instruction}\"</prompt>", holder},
        {"<prompt>(the improved instruction goes here...)</prompt>", holder},
        {"<prompt>Instruction</prompt>", holder},
        {"<prompt><instruction></prompt>", holder},
        {"<prompt>Do <MASK> it.</prompt>", "!the instruction holds a mask"},
        {"<prompt>Do <unit>it</unit>.</prompt>", tag},
        {"<prompt>Use <prompt>these</prompt> tags</prompt>", tag},
        {"<think>Or <prompt>Draft.</prompt>?</think>Done.", none},
        {"<think>Or <prompt>Draft.</prompt>?</think>", "!the reply is empty"},
        {"<think>\nPerhaps <prompt>Draft.</prompt>? But",
         "!the reply ends in the middle of its thinking"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        reply_is(cases[i][0], true, cases[i][1]);
    }
    reply_is("<prompt>Do it", false,
             "!the reply was cut off inside the instruction");
    /* The last pair counts, even when it is of no use. */
    reply_is("<prompt>Do it.</prompt><prompt>...</prompt>", true, holder);
}

static void deep_nesting(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    for (int i = 0; i < 1000; i++) {
        pmpo_buf_puts(&b, "<prompt>");
    }
    pmpo_buf_puts(&b, "Do it.");
    for (int i = 0; i < 1000; i++) {
        pmpo_buf_puts(&b, "</prompt>");
    }
    pmpo_str found = {0};
    assert_null(pmpo_text_read_reply(pmpo_buf_str(&b), true, &found));
    assert_true(pmpo_str_eq(found, PMPO_STR("Do it.")));
    pmpo_buf_release(&b);
}

static void shortening(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t max;
        const char *want;
        bool cut;
    } cases[] = {
        {"", 0, "", false},
        {"0123456789", 10, "0123456789", false},
        {"0123456789abcdef", 12, "012 [...] ef", true},
        {"0123456789abcdef", 3, " [...] ", true},
        {"éééééééé", 15, "éé [...] éé", true},
        {"éééééééé", 14, "éé [...] é", true}, /* 4 and 3 bytes */
        {"éééééééé", 13, "é [...] é", true},
        {"one two three four five", 20, "one two [...] five", true},
        {"onetwothree fourfive si", 20, "onetwot [...] si", true},
        {"one two three four five", 19, "one [...] five", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        pmpo_buf b = {0};
        bool cut = pmpo_text_shorten(pmpo_str_of(cases[i].s), cases[i].max, &b);
        assert_string_equal(pmpo_buf_str(&b).ptr, cases[i].want);
        assert_int_equal(cut, cases[i].cut);
        pmpo_buf_release(&b);
    }
}

/* ---- said once --------------------------------------------------------- */

static void sentences_are_said_once(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"Sort it.", "Say A or B. Sort it.", "Sort it. Say A or B."},
        {"Sort it.", "Sort it.", "Sort it."},
        {"Sort it. Say A or B.", "Be brief. Say A or B.",
         "Sort it. Say A or B. Be brief."},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        pmpo_buf b = {0};
        pmpo_text_join_new(pmpo_str_of(cases[i][0]), pmpo_str_of(cases[i][1]),
                           &b);
        assert_string_equal(b.ptr, cases[i][2]);
        pmpo_buf_release(&b);
    }
    assert_int_equal(pmpo_text_repeated(PMPO_STR("Say A or B. Stop. Say A.")).len,
                     0);
    assert_true(pmpo_str_eq(
        pmpo_text_repeated(PMPO_STR("Go. Say A or B now. Go. Say A or B now.")),
        PMPO_STR("Say A or B now.")));
}

/* Texts are separated by |. */
static void inside_is(const char *texts, const char *wanted)
{
    pmpo_str each[4], rest = pmpo_str_of(texts);
    size_t n = 0, bar;
    pmpo_buf b = {0};
    while ((bar = pmpo_str_find(rest, PMPO_STR("|"), 0)) != SIZE_MAX) {
        each[n++] = pmpo_str_sub(rest, 0, bar);
        rest = pmpo_str_sub(rest, bar + 1, rest.len);
    }
    each[n++] = rest;
    const pmpo_frame f = pmpo_frame_of(each, n);
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_puts(&b, i ? "|" : "");
        pmpo_buf_put(&b, pmpo_frame_inside(f, each[i]));
    }
    assert_string_equal(b.ptr, wanted);
    pmpo_buf_release(&b);
}

static void frames(void **state)
{
    (void)state;
    inside_is("[[ team ]]\nbilling\n\n[[ done ]]\n|[[ team ]]\nother\n\n[[ "
              "done ]]\n",
              "billing|other");
    inside_is("a\nx\nb|a\ny\nb|a\nxy\nb", "x|y|xy");
    /* Whole lines only: words in common are part of the answer. */
    inside_is("not spam|not sure", "not spam|not sure");
    inside_is("a\nnot spam\nb|a\nnot sure\nb", "not spam|not sure");
    inside_is("a\nred x\n|a\nblue x\n", "red x|blue x");
    /* Nothing of its own: no frame. */
    inside_is("a\nb\n|a\nb\n", "a\nb|a\nb");
    inside_is("a\n|a\nb", "a|a\nb");
    inside_is("a\nb", "a\nb");
    inside_is("|", "|");
}

/* ---- where a reply stops ---------------------------------------------------- */

static void test_thinking_names_the_stop(void **state)
{
    (void)state;
    const pmpo_str stop = PMPO_STR("</p>");
    static const struct {
        const char *reply;
        size_t at;
    } cases[] = {
        {"<p>Add.</p> That is", 7},
        {"<think>End with </p>.", SIZE_MAX}, /* still thinking */
        {"<think>End with </p>.</think><p>Add.", SIZE_MAX},
        {"<think></p></think><p>Add.</p>", 26},
        {"Write </p>.</think><p>Add.</p>", 26}, /* opened by the template */
        {"<p>Say <think> first.</p>", 21},
        {"<p>Add.", SIZE_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_true(pmpo_stop_in(pmpo_str_of(cases[i].reply), stop) ==
                    cases[i].at);
    }
    assert_true(pmpo_stop_in(stop, PMPO_STR("")) == SIZE_MAX);
}

/* ---- bytes that are no UTF-8 ------------------------------------------------ */

static void test_bad_bytes_are_replaced(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    pmpo_buf_put_valid(&b, PMPO_STR("a\xff\xc3\xa4\0\xe2\x82"));
    assert_string_equal(b.ptr, "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd"
                               "\xef\xbf\xbd\xef\xbf\xbd");
    pmpo_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thinking_names_the_stop),
        cmocka_unit_test(test_bad_bytes_are_replaced),
        cmocka_unit_test(frames),
        cmocka_unit_test(sentences_are_said_once),
        cmocka_unit_test(sentences),
        cmocka_unit_test(blocks),
        cmocka_unit_test(merging),
        cmocka_unit_test(many_units),
        cmocka_unit_test(masks),
        cmocka_unit_test(marking_accepted),
        cmocka_unit_test(marking_refused),
        cmocka_unit_test(tags),
        cmocka_unit_test(reply_accepted),
        cmocka_unit_test(reply_refused),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(shortening),
        cmocka_unit_test(marking_has_bounds),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
