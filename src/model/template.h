/* template.h: what template.c and render.c share.
 *
 * A pmpo_pieces is a text under construction: special ids and runs of plain
 * bytes. Bytes that are appended one after the other become one run, wherever
 * they come from; only a special id ends a run. */
#ifndef PMPO_MODEL_TEMPLATE_H
#define PMPO_MODEL_TEMPLATE_H

#include "model/render.h"

typedef struct pmpo_piece {
    int32_t id;        /* a special token; -1: plain bytes */
    size_t begin, end; /* of the bytes in `text` */
} pmpo_piece;

typedef struct pmpo_pieces {
    pmpo_buf text;
    pmpo_piece *items;
    size_t n, cap;
    bool failed; /* sticky: memory ran out */
} pmpo_pieces;

void pmpo_pieces_text(pmpo_pieces *p, pmpo_str bytes); /* never special */
void pmpo_pieces_special(pmpo_pieces *p, int32_t id);
/* Appends `literal`; without the newlines it begins with if `skip`. */
void pmpo_pieces_add(pmpo_pieces *p, const pmpo_pieces *literal, bool skip);
/* Appends text of a template: the texts of special tokens become ids, longest
 * first, and swallow white space beside them as their lstrip and rstrip say. */
void pmpo_pieces_literal(pmpo_pieces *p, const pmpo_vocab *v, pmpo_str text);
bool pmpo_pieces_failed(const pmpo_pieces *p);
void pmpo_pieces_release(pmpo_pieces *p);

typedef enum pmpo_template_kind {
    PMPO_TEMPLATE_CHAT,
    PMPO_TEMPLATE_USER,
    PMPO_TEMPLATE_SUFFIX,
    PMPO_TEMPLATE_PLACE,
    PMPO_TEMPLATE_RAW,
    PMPO_TEMPLATE_FILE,
} pmpo_template_kind;

/* The kind of the template `name` of pmpo_template_new. PMPO_EUSAGE: there is
 * no such template. */
int pmpo_template_kind_of(const char *name, pmpo_template_kind *kind,
                          pmpo_error *err);
/* What can be told of a template without a vocabulary: its name; of a file, that it
 * can be read. PMPO_EUSAGE or PMPO_ENOMEM. */
int pmpo_template_check(const char *name, pmpo_error *err);

/* A part of an @file template. */
typedef struct pmpo_slot {
    enum { PMPO_SLOT_LITERAL, PMPO_SLOT_PROMPT, PMPO_SLOT_INPUT } kind;
    pmpo_pieces literal;
} pmpo_slot;

/* The chat template's literals for one sequence of roles. */
typedef struct pmpo_literals {
    struct pmpo_literals *next;
    pmpo_buf key;        /* the roles */
    size_t n;            /* messages */
    pmpo_pieces *pieces; /* [n + 1]: before each content, after the last */
} pmpo_literals;

struct pmpo_template {
    const pmpo_vocab *v;
    pmpo_template_kind kind;
    pmpo_slot *slots; /* of an @file */
    size_t n_slots, cap_slots;
    bool has_prompt;
    pmpo_literals *known; /* every sequence of roles met so far */
    int32_t end;          /* end-of-turn token; -1: none */
    bool end_known;
};

/* An instruction and an example made from a prompt with demonstrations
 * (text/demos.h). Demonstrations as turns are put before the example's own
 * messages; those as text stay in the instruction. If the example is itself a
 * demonstration, that one is left out, because it has the answer. */
typedef struct pmpo_asked {
    pmpo_str instruction;
    pmpo_example example;
} pmpo_asked;

/* *out borrows from prompt, e and `mem`. PMPO_ENOMEM. */
int pmpo_asked_with(pmpo_str prompt, const pmpo_example *e, pmpo_arena *mem,
                    pmpo_asked *out, pmpo_error *err);

/* Is the example itself a demonstration of the prompt? */
bool pmpo_asked_drops(pmpo_str prompt, const pmpo_example *e);

/* Releases what *t holds but not t itself. */
void pmpo_template_clear(pmpo_template *t);
/* The literals for n messages with these roles. Borrowed from t. `assistant`:
 * with the beginning of the assistant's turn at the end. */
int pmpo_template_literals(pmpo_template *t, const pmpo_str *roles, size_t n,
                           bool assistant, const pmpo_literals **out,
                           pmpo_error *err);
/* The token that ends the assistant's turn. PMPO_EMODEL: there is none. */
int pmpo_template_end(pmpo_template *t, int32_t *id, pmpo_error *err);

#endif
