/* cmd_models.c: pmpo models list, pull, info and rm. */
#include <string.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"
#include "progress.h"
#include "session.h"

/* ---- list --------------------------------------------------------------- */

static json_t *entry_json(const pmpo_model_entry *e)
{
    json_t *o = js_object();
    js_put(o, "name", js_text(e->name));
    js_put(o, "licence", js_text(e->licence));
    js_put(o, "note", js_text(e->note));
    js_put(o, "path", js_text(*e->path ? e->path : NULL));
    js_put(o, "bytes", js_count(e->bytes));
    js_put(o, "present", js_bool(e->present));
    js_put(o, "default", js_bool(e->is_default));
    js_put(o, "widened", js_bool(e->is_widened));
    return o;
}

static void list_json(const pmpo_model_list *l)
{
    json_t *o = js_object(), *models = js_array();
    for (size_t i = 0; i < l->n_entries; i++) {
        js_add(models, entry_json(&l->entries[i]));
    }
    js_put(o, "models", models);
    js_print(o);
}

static void put_entry(const pmpo_model_entry *e)
{
    char size[SHORT];
    put_column(stdout, str_of(e->name), 32);
    printf(" %8s  %-4s  ", show_bytes(e->bytes, size),
           e->present ? "here" : "-");
    put_cut(stdout, str_of(e->is_widened ? "a widened copy" : e->licence), 28);
    putchar('\n');
    if (e->note && *e->note && !e->is_widened) {
        put_text(stdout, str_of(e->note), "    ");
    }
    if (e->is_default) {
        printf("    the default\n");
    }
}

int cmd_models_list(const options *o, pmpo_error *err)
{
    pmpo_model_list *l = NULL;
    int rc = pmpo_model_list_new(&l, err);
    if (rc < 0) {
        return rc;
    }
    if (o->json) {
        list_json(l);
    } else {
        for (size_t i = 0; i < l->n_entries; i++) {
            put_entry(&l->entries[i]);
        }
    }
    pmpo_model_list_free(l);
    return 0;
}

/* ---- pull and rm -------------------------------------------------------- */

static void put_place(const char *name)
{
    pmpo_model_list *l = NULL;
    if (pmpo_model_list_new(&l, NULL) < 0) {
        return; /* it is there all the same */
    }
    for (size_t i = 0; i < l->n_entries; i++) {
        if (!strcmp(l->entries[i].name, name)) {
            printf("%s is at %s\n", name, l->entries[i].path);
        }
    }
    pmpo_model_list_free(l);
}

int cmd_models_pull(const options *o, pmpo_error *err)
{
    progress_begin(o->quiet, false);
    int rc = pmpo_model_pull(o->args[0], progress_show, NULL, err);
    progress_end();
    if (rc == 0 && !o->quiet) {
        put_place(o->args[0]);
    }
    return rc;
}

int cmd_models_rm(const options *o, pmpo_error *err)
{
    return pmpo_model_remove(o->args[0], err);
}

/* ---- info --------------------------------------------------------------- */

static void info_json(const pmpo_model_info *i)
{
    json_t *o = js_object();
    js_put(o, "name", js_text(i->name));
    js_put(o, "path", js_text(i->path));
    js_put(o, "source_path", js_text(i->source_path));
    js_put(o, "architecture", js_text(i->architecture));
    js_put(o, "description", js_text(i->description));
    js_put(o, "precision", js_text(i->precision));
    js_put(o, "identity", js_text(i->identity));
    js_put(o, "template", js_text(i->template_name));
    js_put(o, "note", js_text(i->note));
    js_put(o, "params", js_count(i->n_params));
    js_put(o, "file_bytes", js_count(i->file_bytes));
    js_put(o, "vocabulary", js_count((uint64_t)i->n_vocab));
    js_put(o, "context", js_count((uint64_t)i->n_context));
    js_put(o, "threads", js_count((uint64_t)i->threads));
    js_put(o, "shares_prefixes", js_bool(i->shares_prefixes));
    js_put(o, "dialect", js_text(i->dialect));
    js_put(o, "tokenizer", js_text(i->tokenizer));
    js_put(o, "cant_score", js_text(i->cant_score));
    js_print(o);
}

static void server_text(const pmpo_model_info *i)
{
    char a[SHORT];
    put_fact("model", "%s", i->name);
    put_fact("server", "%s (%s)", i->path, i->description);
    if (i->n_context > 0) {
        put_fact("context", "%s tokens", show_count((uint64_t)i->n_context, a));
    }
    put_fact("scoring", "%s%s", i->cant_score ? "no: " : "yes, dialect ",
             i->cant_score ? i->cant_score : i->dialect);
    put_fact("tokens", "%s%s", strcmp(i->tokenizer, "server") ? "" : "by the ",
             i->tokenizer);
    put_fact("chat form", "%s", i->template_name);
    put_fact("identity", "%s", i->identity);
    if (i->note && *i->note) {
        put_fact("note", "%s", i->note);
    }
}

static void info_text(const pmpo_model_info *i)
{
    char a[SHORT], b[SHORT];
    if (i->dialect) {
        server_text(i);
        return;
    }
    put_fact("model", "%s", i->name);
    put_fact("file", "%s (%s)", i->path, show_bytes(i->file_bytes, a));
    if (strcmp(i->path, i->source_path) != 0) {
        put_fact("", "widened from %s", i->source_path);
    }
    put_fact("kind", "%s, %s", i->architecture, i->description);
    put_fact("size", "%s parameters, vocabulary of %s",
             show_count(i->n_params, a),
             show_count((uint64_t)i->n_vocab, b));
    put_fact("context", "%s tokens", show_count((uint64_t)i->n_context, a));
    put_fact("precision", "%s, %d threads", i->precision, i->threads);
    put_fact("chat form", "%s", i->template_name);
    put_fact("identity", "%s", i->identity);
    if (i->note && *i->note) {
        put_fact("note", "%s", i->note);
    }
}

int cmd_models_info(const options *o, pmpo_error *err)
{
    options with = *o;
    session s;
    with.model = o->n_args ? o->args[0] : NULL;
    int rc = session_open(&with, &s, err);
    if (rc == 0 && o->json) {
        info_json(pmpo_model_describe(s.scorer));
    } else if (rc == 0) {
        info_text(pmpo_model_describe(s.scorer));
    }
    session_close(&s);
    return rc;
}
