/* set.h: what the files of this room share: the set itself, the readers'
 * common state, and a small hash table of strings.
 *
 * A reader adds one item per example to a pmpo_reader; pmpo_set_read makes the
 * set from them. A mistake in the data is reported to pmpo_reader_bad, which
 * either stops reading (loading) or collects the mistake (checking), so loading
 * and checking can't disagree about what is wrong. */
#ifndef PMPO_DATA_SET_H
#define PMPO_DATA_SET_H

#include <jansson.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "pmpo.h"

/* ---- strings to numbers (keys.c) ---------------------------------------- */

typedef struct pmpo_key_slot {
    pmpo_str key; /* borrowed; ptr NULL: free slot */
    size_t value;
} pmpo_key_slot;

/* A zeroed struct is an empty table. */
typedef struct pmpo_keys {
    pmpo_key_slot *slots;
    size_t n, cap;
} pmpo_keys;

/* The value stored for `key`; a new key is added with `value` first, and *added
 * (may be NULL) is then true. `key` must outlive the table. The result is
 * borrowed until the next add; NULL: out of memory. */
size_t *pmpo_keys_add(pmpo_keys *k, pmpo_str key, size_t value, bool *added);
/* The same; NULL: the key isn't there. */
const size_t *pmpo_keys_find(const pmpo_keys *k, pmpo_str key);
void pmpo_keys_release(pmpo_keys *k);

/* ---- the set ------------------------------------------------------------ */

typedef struct pmpo_item {
    pmpo_example e; /* id.ptr NULL while reading: made from the content later */
    bool drawn;     /* e.rejected are targets of other examples of the set */
} pmpo_item;

struct pmpo_data {
    pmpo_arena mem; /* owns all below */
    const char *name;
    pmpo_str task;
    pmpo_item *items;
    size_t n;
    bool by_index; /* `line` of its examples counts examples, not lines */
};

/* The ids made for BBH examples begin with this, those for others do not. */
#define PMPO_BBH_ID "bbh-"

/* Limit for an example's options and rejected outputs, so that comparing all
 * pairs of them stays fast for any file. */
#define PMPO_MAX_OUTPUTS_PER_EXAMPLE 1000

/* At most this many rejected outputs are drawn for a free-form answer. */
#define PMPO_MAX_DRAWN 4

/* Draws the rejected outputs of all `drawn` items anew, from this set. */
int pmpo_set_draw(pmpo_data *d, pmpo_error *err);

/* A hash of the example's content: input or messages, and with `outputs` also
 * target and rejected outputs. */
int pmpo_content_hash(const pmpo_example *e, bool outputs, pmpo_hash *out);

/* Fills e->rejected with the options other than the target. */
int pmpo_reject_options(pmpo_arena *mem, pmpo_example *e);

/* At most so many different targets are taken for labels. */
#define PMPO_MAX_LABELS 26

/* The same but for the case of letters and for blanks. */
bool pmpo_labels_alike(pmpo_str a, pmpo_str b);

/* How many labels the targets of n examples are, none of which has options or
 * rejected outputs; 0: they are no closed set (label_options.c). */
size_t pmpo_labels_count(const pmpo_item *items, size_t n);

/* Makes these the options of all, sorted by their bytes. PMPO_EDATA: *err has
 * why they are no closed set. */
int pmpo_labels_as_options(pmpo_arena *mem, pmpo_item *items, size_t n,
                           pmpo_error *err);

/* True when e->rejected are just the options other than the target. */
bool pmpo_rejected_are_options(const pmpo_example *e);

/* True for a preference pair: its rejected outputs were given as such. */
bool pmpo_item_is_pair(const pmpo_item *item);

/* ---- reading ------------------------------------------------------------ */

/* A field of the file that is none of an example's. */
typedef struct pmpo_unread {
    pmpo_str name;
    int line;       /* of the first example that has it */
    size_t n;       /* examples that have it */
    bool is_column; /* of a table; then n is 1 */
} pmpo_unread;

typedef struct pmpo_mistakes {
    pmpo_arena mem; /* owns the texts */
    pmpo_data_problem *items;
    size_t n, cap;
    pmpo_unread *unread; /* [n_unread], in the order of the file */
    size_t n_unread, unread_cap;
    pmpo_keys names; /* of those; value: its index */
} pmpo_mistakes;

void pmpo_mistakes_release(pmpo_mistakes *m);
int pmpo_mistakes_add(pmpo_mistakes *m, int line, bool is_warning,
                      const char *text);
/* Counts a field that is not read. PMPO_ENOMEM. */
int pmpo_mistakes_unread(pmpo_mistakes *m, pmpo_str name, int line,
                         bool is_column);

typedef struct pmpo_reader {
    pmpo_arena *mem; /* of the set that will be made */
    const char *name;
    size_t limit;            /* 0: none */
    pmpo_mistakes *mistakes; /* NULL: the first mistake is an error */
    pmpo_item *items;
    size_t n, cap;
    pmpo_keys ids; /* ids from the file; value: index of the item */
    const char *id_head; /* what ids made from contents begin with */
    bool by_index;       /* `line` counts examples, not lines */
    bool is_file;        /* `name` is one that a command can be given */
    size_t first;        /* this file's first item, where there are several */
    /* NULL, or called for each item before it is added: sets *drop if the item
     * is not wanted. Returns 0 or PMPO_ENOMEM. */
    int (*filter)(void *ud, const pmpo_item *item, bool *drop);
    void *filter_ud;
    /* What is read: records on lines, or a list of them, borrowed; and in how many of
     * the n_tallied first records each field is a text, a number or true or
     * false, once pmpo_tally has counted. */
    pmpo_str text;
    json_t *list;
    pmpo_keys tally;
    size_t n_tallied;
} pmpo_reader;

bool pmpo_reader_full(const pmpo_reader *r);

/* Adds *item; an id that another item has already is a mistake in the data.
 * `err` must not be NULL here and below. */
int pmpo_reader_add(pmpo_reader *r, const pmpo_item *item, pmpo_error *err);

/* Reports a mistake at `line`, whose cause is in *err. Returns 0 if reading
 * goes on with the next example, else err->code, with file and line put before
 * the cause. */
int pmpo_reader_bad(pmpo_reader *r, int line, pmpo_error *err);

/* Gives ids to the items that have none and moves all items to `d`, whose arena
 * the reader uses. PMPO_EDATA: there are no items. */
int pmpo_reader_finish(pmpo_reader *r, pmpo_data *d, pmpo_error *err);
/* Releases the reader, but not what it moved to a set. */
void pmpo_reader_release(pmpo_reader *r);

/* Parses one JSON text strictly: no key twice, no NUL. NULL: *err has the
 * cause; *line (may be NULL) the line inside `text`. */
json_t *pmpo_json_read(pmpo_str text, int *line, pmpo_error *err);

/* A non-empty JSON string, copied to `mem`; `what` names it in errors. */
int pmpo_json_text(pmpo_arena *mem, const char *what, json_t *v, pmpo_str *out,
                   pmpo_error *err);

/* The content of a chat's message, copied to `mem`: a string, which may be empty,
 * or a list of parts, whose texts are joined; `what` names it in errors. */
int pmpo_json_content(pmpo_arena *mem, const char *what, json_t *content,
                      pmpo_str *out, pmpo_error *err);

/* A chat's message: who speaks, {"role"} or ShareGPT's {"from"}, as the role is
 * called here where it is a known one, else as it stands; NULL: it isn't told.
 * Borrowed from the message. */
const char *pmpo_json_role(json_t *message);
/* Its {"content"} or {"value"}, borrowed; NULL: there is none. */
json_t *pmpo_json_said(json_t *message);

/* Member `name` of an object; NULL when it is missing or null. */
json_t *pmpo_json_field(json_t *object, const char *name);

/* Bytes of `s` to show in an error: at most 60, no code point cut. For
 * printf's "%.*s". */
int pmpo_shown(pmpo_str s);

/* The next line of `text` at *at, without its newline; *at moves behind it.
 * False: there is none. */
bool pmpo_next_line(pmpo_str text, size_t *at, pmpo_str *line);

/* True for a list of messages that ends with the assistant's. */
bool pmpo_ends_with_answer(json_t *list);

/* Do the first bytes of a file say that it is no UTF-8: UTF-16, gzip or a zip
 * archive? Then PMPO_EDATA, with what makes text of it. read.c */
int pmpo_text_sniff(pmpo_str text, pmpo_error *err);

/* Does a text begin as a table does, with a header and a row? */
bool pmpo_is_table(pmpo_str text);
int pmpo_jsonl_read(pmpo_reader *r, pmpo_str text, pmpo_error *err);
/* The same objects as one JSON list. */
int pmpo_list_read(pmpo_reader *r, pmpo_str text, pmpo_error *err);
/* The names of an example's fields in JSON, then NULL. */
extern const char *const pmpo_example_fields[];
/* One JSON value as an example by the rules of docs/formats.md. */
int pmpo_example_read(pmpo_arena *mem, json_t *o, pmpo_item *item,
                      pmpo_error *err);

/* Puts the import command that would read the record `o`, which lacks input or
 * target, behind the text in *err, as far as it can be told. Returns err->code.
 * import_jsonl.c */
int pmpo_jsonl_advise(pmpo_reader *r, json_t *o, pmpo_error *err);

/* Counts r->tally, once. PMPO_ENOMEM. */
int pmpo_tally(pmpo_reader *r, pmpo_error *err);
/* Do more than half of the records counted have the field, as a text, a number or
 * true or false? */
bool pmpo_is_common(const pmpo_reader *r, pmpo_str name);
/* Is it a text, a number, or true or false? */
bool pmpo_json_is_plain(const json_t *v);

/* Sets *is_bbh if `text` is, or was meant to be, a BIG-Bench Hard file. Then
 * *root is its JSON, or NULL if it can't be parsed: *err and *line have the
 * cause. Fails only if memory runs out. */
int pmpo_bbh_sniff(pmpo_str text, bool *is_bbh, json_t **root, int *line,
                   pmpo_error *err);
int pmpo_bbh_read(pmpo_reader *r, json_t *root, pmpo_error *err);
/* What separates the fields of a file with this name: a comma for .csv, a tab
 * for .tsv, in letters of any case. Its columns are named like the fields of an
 * example (import_csv.c), and pmpo_table_read reads it. 0: it is no table.
 * import.c */
char pmpo_table_separator(const char *name);
int pmpo_table_read(pmpo_reader *r, pmpo_str text, pmpo_error *err);
/* The task of a BBH file: `name` without folders and .json. */
pmpo_str pmpo_bbh_task(const char *name);

/* Like pmpo_data_parse. If `mistakes` is not NULL, all mistakes are collected
 * there, and *out, which may then be empty, has the examples without one.
 * `is_file`: `name` is that of a file, which advice may name. */
int pmpo_set_read(pmpo_str bytes, const char *name, bool is_file, size_t limit,
                  pmpo_mistakes *mistakes, pmpo_data **out, pmpo_error *err);

/* Reads a whole data file. A file that can't be opened or read counts as bad
 * input data: PMPO_EDATA, not PMPO_EIO. */
int pmpo_data_slurp(const char *path, pmpo_buf *out, pmpo_error *err);

#endif
