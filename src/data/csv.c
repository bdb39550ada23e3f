/* csv.c: rows of comma-separated values, by RFC 4180.
 *
 * Strict: a quote inside a field that does not begin with one, text behind a
 * closing quote and a quote that is never closed are mistakes, because what
 * was meant can't be known. Lines end in LF or CRLF; blanks belong to the
 * field. How many fields a row should have is not known here. */
#include "data/import.h"

#include "base/error.h"

void pmpo_csv_release(pmpo_csv *c)
{
    pmpo_free(c->fields);
    pmpo_free(c->ends);
    pmpo_buf_release(&c->bytes);
    *c = (pmpo_csv){.at = 0};
}

/* The length of the line end at c->at; 0: there is none. */
static size_t line_end(const pmpo_csv *c)
{
    const char *p = c->text.ptr + c->at;
    size_t left = c->text.len - c->at;
    return left > 0 && p[0] == '\n'                    ? 1
           : left > 1 && p[0] == '\r' && p[1] == '\n' ? 2
                                                       : 0;
}

/* True at the end of a field that has no quotes around it. */
static bool field_ends(const pmpo_csv *c)
{
    return c->at == c->text.len || c->text.ptr[c->at] == c->separator ||
           line_end(c) > 0;
}

static bool at_quote(const pmpo_csv *c)
{
    return c->at < c->text.len && c->text.ptr[c->at] == '"';
}

static int read_quoted(pmpo_csv *c, pmpo_error *err)
{
    int opened = c->lines + 1;
    for (c->at++;; c->at++) {
        if (c->at == c->text.len) {
            c->line = opened;
            return pmpo_fail(err, PMPO_EDATA, "a quote that begins here is "
                             "never closed");
        }
        if (at_quote(c)) {
            c->at++;
            if (!at_quote(c)) {
                break;
            }
        }
        c->lines += c->text.ptr[c->at] == '\n';
        pmpo_buf_putc(&c->bytes, c->text.ptr[c->at]);
    }
    if (!field_ends(c)) {
        c->line = c->lines + 1;
        return pmpo_fail(err, PMPO_EDATA, "text behind a closing quote; a "
                         "quote inside a quoted field is written twice");
    }
    return 0;
}

static int read_plain(pmpo_csv *c, pmpo_error *err)
{
    for (; !field_ends(c); c->at++) {
        if (at_quote(c)) {
            c->line = c->lines + 1;
            return pmpo_fail(err, PMPO_EDATA, "a quote inside a field without "
                             "quotes; put quotes around the field and write "
                             "the one inside twice");
        }
        pmpo_buf_putc(&c->bytes, c->text.ptr[c->at]);
    }
    return 0;
}

/* Points the fields into the bytes, which move no more. */
static int set_fields(pmpo_csv *c, pmpo_error *err)
{
    if (c->bytes.failed ||
        PMPO_GROW(c->fields, c->cap, c->n_fields) < 0) {
        return pmpo_fail_memory(err);
    }
    pmpo_str all = pmpo_buf_str(&c->bytes);
    for (size_t i = 0; i < c->n_fields; i++) {
        c->fields[i] = pmpo_str_sub(all, i ? c->ends[i - 1] : 0, c->ends[i]);
    }
    return 0;
}

int pmpo_csv_next(pmpo_csv *c, pmpo_error *err)
{
    for (size_t n; (n = line_end(c)) > 0; c->at += n) {
        c->lines++;
    }
    if (c->at == c->text.len) {
        return 0;
    }
    c->line = c->lines + 1;
    c->n_fields = 0;
    pmpo_buf_clear(&c->bytes);
    for (bool more = true; more;) {
        int rc = at_quote(c) ? read_quoted(c, err) : read_plain(c, err);
        if (rc < 0) {
            return rc;
        }
        if (PMPO_GROW(c->ends, c->ends_cap, c->n_fields + 1) < 0) {
            return pmpo_fail_memory(err);
        }
        c->ends[c->n_fields++] = c->bytes.len;
        more = c->at < c->text.len && c->text.ptr[c->at] == c->separator;
        c->at += more;
    }
    size_t end = line_end(c);
    c->lines += end > 0;
    c->at += end;
    int rc = set_fields(c, err);
    return rc < 0 ? rc : 1;
}
