/* print.h: numbers, texts and models for people, in 80 columns. */
#ifndef PMPO_CLI_PRINT_H
#define PMPO_CLI_PRINT_H

#include <stdio.h>

#include "options.h"
#include "pmpo.h"

#define SHORT 40  /* room that every show_ function needs */
#define COLUMNS 79

/* The columns of running text: COLUMNS, or less on a terminal that has less. */
size_t text_width(void);

/* Explains a calibrated loss and the numbers printed with it. */
#define CALIBRATED                                                             \
    ", less those with the input N/A, as are format, choice and the right "    \
    "option"

/* The settings of a loss that decide what it is made of. */
typedef struct loss_words {
    bool nll;
    bool on_answer, sum; /* of nll; else of a target, and the mean */
    bool per_token;      /* of the other losses; else of whole outputs */
} loss_words;

/* The same in words: "mean over a target's tokens". */
const char *how_loss_is_made(const loss_words *w);

/* Each fills `out` and returns it. */
const char *show_count(uint64_t n, char out[SHORT]);    /* 12,345 */
const char *show_bytes(uint64_t n, char out[SHORT]);    /* 1.2 GB */
const char *show_duration(double ms, char out[SHORT]);  /* 3 min 10 s */
const char *show_loss(double v, char out[SHORT]);       /* 0.6931, - */
const char *show_share(size_t k, size_t n, char out[SHORT]); /* 3/4 (75 %) */

/* `s` on one line, cut to `width` columns with "..." where it is longer.
 * Control characters become blanks, so that data cannot steer a terminal.
 * Returns the width it took. */
size_t put_cut(FILE *f, pmpo_str s, size_t width);
/* The same, filled with blanks to `width`. */
void put_column(FILE *f, pmpo_str s, size_t width);
/* All of `s`, its lines kept, long ones wrapped; each line begins with
 * `margin`. Ends with a newline. */
void put_text(FILE *f, pmpo_str s, const char *margin);
/* The same with parts in colours: text[begin..end) after the escape `how`. Marks
 * are in order and don't overlap. */
typedef struct text_mark {
    size_t begin, end;
    const char *how;
} text_mark;

void put_marked(FILE *f, pmpo_str s, const char *margin, const text_mark *marks,
                size_t n);
pmpo_str str_of(const char *text); /* NULL: empty */
/* Puts the character at s[i], a blank for a control character, and returns its
 * bytes. */
size_t put_char(FILE *f, pmpo_str s, size_t i);
/* Prints `s` wrapped, with its first line beginning at the cursor, which is in
 * `column`, and the other lines indented to it. Ends with a newline; column <
 * COLUMNS. */
void put_hanging(FILE *f, pmpo_str s, size_t column);
/* "name  text", wrapped in the second column. */
void put_fact(const char *name, const char *fmt, ...) PMPO_PRINTF(2, 3);

/* A prompt under its number, from 1. */
void put_prompt(size_t number, pmpo_str prompt);

/* Heading in bold where standard output is a terminal that may have it. */
void put_heading(const char *text);
bool has_colour(void); /* standard output is a terminal; no NO_COLOR */

/* The cost of a piece of work, as a fact. */
void put_cost(const pmpo_cost *c);
/* A model as a fact: name, why it was chosen, precision; without --quiet its note,
 * too. */
void put_model(const options *o, const pmpo_model *m);
/* The same with whose it is, such as ", the default". */
void put_model_of(const options *o, const pmpo_model *m, const char *why);

#endif
