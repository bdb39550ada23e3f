/* print.c: see print.h. */
#define _POSIX_C_SOURCE 200809L
#include "print.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "width.h"

#define FACT_COLUMN 14 /* where the texts of put_fact begin */

pmpo_str str_of(const char *text)
{
    return (pmpo_str){text ? text : "", text ? strlen(text) : 0};
}

/* ---- numbers ------------------------------------------------------------ */

const char *show_count(uint64_t n, char out[SHORT])
{
    char digits[SHORT];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *show_bytes(uint64_t n, char out[SHORT])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double v = (double)n;
    size_t unit = 0;
    while (v >= 999.5 && unit < 4) {
        v /= 1000;
        unit++;
    }
    snprintf(out, SHORT, unit > 0 && v < 9.95 ? "%.1f %s" : "%.0f %s", v,
             units[unit]);
    return out;
}

const char *show_duration(double ms, char out[SHORT])
{
    if (!(ms >= 0) || ms > 1e15) {
        snprintf(out, SHORT, "-");
    } else if (ms < 9950) {
        snprintf(out, SHORT, "%.1f s", ms / 1000);
    } else {
        uint64_t s = (uint64_t)(ms / 1000 + 0.5);
        if (s < 60) {
            snprintf(out, SHORT, "%" PRIu64 " s", s);
        } else if (s < 3600) {
            snprintf(out, SHORT, "%" PRIu64 " min %" PRIu64 " s", s / 60,
                     s % 60);
        } else {
            snprintf(out, SHORT, "%" PRIu64 " h %" PRIu64 " min", s / 3600,
                     s / 60 % 60);
        }
    }
    return out;
}

const char *show_loss(double v, char out[SHORT])
{
    snprintf(out, SHORT, isfinite(v) ? "%.4f" : "-", v);
    return out;
}

const char *show_share(size_t k, size_t n, char out[SHORT])
{
    if (n == 0) {
        snprintf(out, SHORT, "-");
    } else {
        snprintf(out, SHORT, "%zu/%zu (%.0f %%)", k, n,
                 100 * (double)k / (double)n);
    }
    return out;
}

/* ---- room ---------------------------------------------------------------- */

size_t text_width(void)
{
    struct winsize w;
    bool narrow = isatty(STDOUT_FILENO)
                  && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0
                  && w.ws_col > 20 && w.ws_col - 1 < COLUMNS;
    return narrow ? (size_t)w.ws_col - 1 : COLUMNS;
}

/* ---- texts -------------------------------------------------------------- */

static bool is_control(pmpo_str s, size_t i)
{
    unsigned char c = (unsigned char)s.ptr[i];
    bool c1 = c == 0xc2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0;
    return c < 0x20 || c == 0x7f || c1;
}

size_t put_char(FILE *f, pmpo_str s, size_t i)
{
    size_t n;
    char_columns(s, i, &n);
    if (is_control(s, i)) {
        fputc(' ', f);
    } else {
        fwrite(s.ptr + i, 1, n, f);
    }
    return n;
}

static void put_part(FILE *f, pmpo_str s, size_t from, size_t to)
{
    while (from < to) {
        from += put_char(f, s, from);
    }
}

size_t put_cut(FILE *f, pmpo_str s, size_t width)
{
    bool cut = text_columns(s) > width;
    size_t most = !cut || width <= 3 ? width : width - 3, n = 0, bytes;
    for (size_t i = 0; i < s.len; i += bytes) {
        size_t columns = (size_t)char_columns(s, i, &bytes);
        if (n + columns > most) {
            break;
        }
        put_char(f, s, i);
        n += columns;
    }
    if (cut && width > 3) {
        fputs("...", f);
        n += 3;
    }
    return n;
}

void put_column(FILE *f, pmpo_str s, size_t width)
{
    for (size_t n = put_cut(f, s, width); n < width; n++) {
        fputc(' ', f);
    }
}

/* Where a line of at most `width` columns that starts at `from` ends: at a
 * newline, a blank, or in a long word. It takes one character at least. */
static size_t line_end(pmpo_str s, size_t from, size_t width)
{
    size_t blank = 0, n = 0, i = from, bytes;
    for (; i < s.len && s.ptr[i] != '\n'; i += bytes) {
        size_t columns = (size_t)char_columns(s, i, &bytes);
        if (n + columns > width && i > from) {
            return s.ptr[i] == ' ' || !blank ? i : blank;
        }
        if (s.ptr[i] == ' ' && n > 0) {
            blank = i;
        }
        n += columns;
    }
    return i;
}

/* What is left of a line after `taken` columns; on the narrowest of terminals
 * some lines are broken by itself. */
static size_t room_after(size_t taken)
{
    return text_width() > taken + 10 ? text_width() - taken : 10;
}

/* The mark that covers s[at]; "": none. */
static const char *how_at(const text_mark *marks, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++) {
        if (at >= marks[i].begin && at < marks[i].end) {
            return marks[i].how;
        }
    }
    return "";
}

/* One line of a marked text; colours end with the line. */
static void put_marked_line(FILE *f, pmpo_str s, size_t from, size_t to,
                            const text_mark *marks, size_t n)
{
    const char *now = "";
    while (from < to) {
        const char *how = n ? how_at(marks, n, from) : "";
        if (how != now) {
            fputs(*now ? "\033[0m" : "", f);
            fputs(how, f);
            now = how;
        }
        from += put_char(f, s, from);
    }
    fputs(*now ? "\033[0m" : "", f);
}

void put_marked(FILE *f, pmpo_str s, const char *margin, const text_mark *marks,
                size_t n)
{
    size_t width = room_after(strlen(margin)), at = 0;
    do {
        size_t end = line_end(s, at, width);
        fputs(margin, f);
        put_marked_line(f, s, at, end, marks, n);
        fputc('\n', f);
        at = end;
        if (at < s.len && (s.ptr[at] == '\n' || s.ptr[at] == ' ')) {
            at++; /* the break itself */
        }
    } while (at < s.len);
}

void put_text(FILE *f, pmpo_str s, const char *margin)
{
    put_marked(f, s, margin, NULL, 0);
}

void put_hanging(FILE *f, pmpo_str s, size_t column)
{
    char margin[COLUMNS];
    memset(margin, ' ', column);
    margin[column] = '\0';
    size_t end = line_end(s, 0, room_after(column));
    put_part(f, s, 0, end);
    fputc('\n', f);
    if (end < s.len) {
        end += s.ptr[end] == ' ' || s.ptr[end] == '\n';
        put_text(f, (pmpo_str){s.ptr + end, s.len - end}, margin);
    }
}

void put_fact(const char *name, const char *fmt, ...)
{
    char text[4000];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    printf("%-*s", FACT_COLUMN, name);
    put_hanging(stdout, str_of(text), FACT_COLUMN);
}

void put_prompt(size_t number, pmpo_str prompt)
{
    bool empty = prompt.len == 0;
    printf("\nprompt %zu%s\n", number, empty ? " (empty)" : "");
    if (!empty) {
        put_text(stdout, prompt, "  | ");
    }
}

const char *how_loss_is_made(const loss_words *w)
{
    if (!w->nll && w->per_token) {
        return "log-likelihoods per token";
    }
    if (!w->nll) {
        return "log-likelihoods of whole outputs";
    }
    if (w->on_answer) {
        return w->sum ? "summed over an answer's tokens"
                      : "mean over an answer's tokens";
    }
    return w->sum ? "summed over a target's tokens"
                  : "mean over a target's tokens";
}

/* ---- looks -------------------------------------------------------------- */

bool has_colour(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no && *no) && term
           && strcmp(term, "dumb") != 0;
}

void put_heading(const char *text)
{
    bool bold = has_colour();
    printf("\n%s%s%s\n", bold ? "\033[1m" : "", text, bold ? "\033[0m" : "");
}

void put_cost(const pmpo_cost *c)
{
    char a[SHORT], b[SHORT], g[SHORT], p[SHORT], s[SHORT], t[SHORT];
    const bool kept = c->cached_replies > 0;
    char r[SHORT] = "";
    if (kept) {
        show_count(c->cached_replies, r);
    }
    put_fact("cost", "%s rows fed to score %s tokens of whole sequences; %s "
             "scores from the cache; %s tokens generated after %s of prompts; "
             "%s%s%s",
             show_count(c->prefill_tokens, a),
             show_count(c->logical_tokens, b),
             show_count(c->cached_scores, s),
             show_count(c->generated_tokens, g),
             show_count(c->prompt_tokens, p),
             r, !kept ? "" : c->cached_replies == 1 ? " reply from the cache; "
                                              : " replies from the cache; ",
             show_duration(c->seconds * 1000, t));
    if (c->dollars > 0) {
        put_fact("", "%.4f dollars", c->dollars);
    }
}

/* ---- models ------------------------------------------------------------- */

void put_model(const options *o, const pmpo_model *m)
{
    const char *from = getenv("PMPO_MODEL");
    put_model_of(o, m,
                 o->model        ? ""
                 : from && *from ? ", from $PMPO_MODEL"
                                 : ", the default");
}

void put_model_of(const options *o, const pmpo_model *m, const char *why)
{
    const pmpo_model_info *i = pmpo_model_describe(m);
    if (i->dialect) {
        put_fact("model", "%s%s at %s (%s, dialect %s)", i->name, why, i->path,
                 i->description, i->dialect);
    } else {
        put_fact("model", "%s%s (%s, %d threads)", i->name, why, i->precision,
                 i->threads);
    }
    if (i->note && *i->note && !o->quiet) {
        put_fact("", "%s", i->note);
    }
}
