/* servers.c: connections to models on servers: keys, certificates, and the
 * options that apply to them. */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common.h"
#include "session.h"

#define KEY "PMPO_API_KEY"
#define REWRITER_KEY "PMPO_REWRITER_API_KEY"
#define JUDGE_KEY "PMPO_JUDGE_API_KEY"

const char *cli_dialect(const options *o)
{
    static const char *const names[] = {NULL, "vllm", "sglang", "echo"};
    return names[o->dialect];
}

/* ---- keys --------------------------------------------------------------- */

static const char *from_environment(const char *name)
{
    const char *key = getenv(name);
    return key && *key ? key : NULL;
}

/* One line, in a file that nobody else can read. */
static int from_file(const char *path, const char **out, pmpo_error *err)
{
    struct stat st;
    pmpo_str text;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077)) {
        return cli_error(err, PMPO_EUSAGE, "--key-file %s: others can read it: "
                         "chmod 600 %s", path, path);
    }
    int rc = cli_read_file(path, &text, err);
    if (rc < 0) {
        return rc;
    }
    size_t n = strcspn(text.ptr, "\r\n");
    if (n == 0 || text.ptr[n + strspn(text.ptr + n, "\r\n")] != '\0') {
        return cli_error(err, PMPO_EUSAGE, "--key-file %s: not one line with "
                         "the key", path);
    }
    ((char *)text.ptr)[n] = '\0'; /* a kept text: ours */
    *out = text.ptr;
    return 0;
}

/* ---- whose key -------------------------------------------------------- */

#define LONGEST_ORIGIN 300

/* Scheme, host and port of a URL that ends at a comma or the text's end, in
 * small letters; false: it has none. */
static bool origin_of(const char *url, char out[LONGEST_ORIGIN])
{
    size_t scheme = strcspn(url, ":,");
    if (strncmp(url + scheme, "://", 3) != 0) {
        return false;
    }
    size_t n = scheme + 3 + strcspn(url + scheme + 3, "/?#, ");
    if (n + sizeof(":443") > LONGEST_ORIGIN) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = (char)tolower((unsigned char)url[i]);
    }
    out[n] = '\0';
    const char *bracket = strrchr(out, ']'); /* [::1]:8000 */
    if (!strchr(bracket ? bracket : out + scheme + 3, ':')) {
        snprintf(out + n, LONGEST_ORIGIN - n, "%s",
                 scheme == 4 ? ":80" : ":443");
    }
    return true;
}

static const char *next_url(const char *url)
{
    const char *comma = strchr(url, ',');
    return comma ? comma + 1 + strspn(comma + 1, " ") : NULL;
}

static bool has_server(const char *urls, const char *origin)
{
    char own[LONGEST_ORIGIN];
    for (; urls; urls = next_url(urls)) {
        if (origin_of(urls, own) && !strcmp(own, origin)) {
            return true;
        }
    }
    return false;
}

/* Are all of these URLs on servers of `those`? */
static bool on_servers(const char *urls, const char *those)
{
    char origin[LONGEST_ORIGIN];
    for (; urls; urls = next_url(urls)) {
        if (!origin_of(urls, origin) || !has_server(those, origin)) {
            return false;
        }
    }
    return true;
}

/* Who has the key of -m: the first that is a URL. `compare` opens one after the
 * other, but has the list of all. */
static const char *key_owner(const options *o, const char *known,
                             const char *model)
{
    for (size_t i = 0; !known && i < o->models.n; i++) {
        known = cli_is_url(o->models.items[i]) ? o->models.items[i] : NULL;
    }
    return known ? known : model;
}

/* ---- what has an effect --------------------------------------------------- */

typedef struct kinds {
    bool url, file;             /* the scoring model; of several: some are */
    bool other_url, other_file; /* rewriter or judge */
} kinds;

static bool scorer_is_file(const kinds *k)
{
    return !k->url;
}

static bool scorer_is_served(const kinds *k)
{
    return !k->file;
}

static bool other_is_file(const kinds *k)
{
    return !k->other_url;
}

static bool no_servers(const kinds *k)
{
    return !k->url && !k->other_url;
}

static bool unpriced(const kinds *k)
{
    return k->other_url || k->other_file ? !k->other_url : !k->url;
}

static bool no_files(const kinds *k)
{
    return !k->file && !k->other_file;
}

static const struct {
    const char *option;
    bool (*idle)(const kinds *k);
    const char *why;
} rules[] = {
    {"model-name", scorer_is_file, "the scoring model is no URL"},
    {"dialect", scorer_is_file, "the scoring model is no URL"},
    {"tokenizer", scorer_is_file, "the scoring model is no URL"},
    {"key-file", scorer_is_file, "the scoring model is no URL"},
    {"rewriter-name", other_is_file, "the rewriter is no URL"},
    {"judge-name", other_is_file, "the judge is no URL"},
    {"cacert", no_servers, "no model is a URL"},
    {"insecure", no_servers, "no model is a URL"},
    {"concurrency", no_servers, "no model is a URL"},
    {"timeout", no_servers, "no model is a URL"},
    {"price", unpriced, "the model that it is of is no URL"},
    {"precision", scorer_is_served, "a server has its own"},
    {"threads", no_files, "no model runs here"},
    {"gpu-layers", no_files, "no model runs here"},
    {"memory", no_files, "no model runs here"},
};

static int check(const options *o, const kinds *k, pmpo_error *err)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (options_said(o, rules[i].option) && rules[i].idle(k)) {
            return cli_error(err, PMPO_EUSAGE, "%s: --%s has no effect: %s; see "
                             "pmpo %s --help", o->command->name,
                             rules[i].option, rules[i].why, o->command->name);
        }
    }
    return 0;
}

/* `compare` and --joint have several scoring models, opened one by one. */
static kinds kinds_of(const options *o, const pmpo_model_options *scorer,
                      const pmpo_model_options *rewriter)
{
    const char *named = scorer->model ? scorer->model : getenv("PMPO_MODEL");
    kinds k = {.url = cli_is_url(named), .file = !cli_is_url(named)};
    const text_list *all = options_joint(o) ? &o->each_model : &o->models;
    for (size_t i = 0; i < all->n; i++) {
        k.url = k.url || cli_is_url(all->items[i]);
        k.file = k.file || !cli_is_url(all->items[i]);
    }
    k.other_url = rewriter && cli_is_url(rewriter->model);
    k.other_file = rewriter && !cli_is_url(rewriter->model);
    return k;
}

int servers_check_budget(const options *o, pmpo_error *err)
{
    return o->budget_dollars > 0 && !o->price
               ? cli_error(err, PMPO_EUSAGE,
                           "%s: --budget in dollars needs --price IN,OUT; see "
                           "pmpo %s --help",
                           o->command->name, o->command->name)
               : 0;
}

static int take_price(const options *o, pmpo_model_options *of,
                      pmpo_error *err)
{
    const char *comma = o->price ? strchr(o->price, ',') : NULL;
    char in[32] = "";
    if (!o->price) {
        return servers_check_budget(o, err);
    }
    if (comma && (size_t)(comma - o->price) < sizeof(in)) {
        memcpy(in, o->price, (size_t)(comma - o->price));
    }
    if (!comma || !parse_real(in, &of->price_in) ||
        !parse_real(comma + 1, &of->price_out) || of->price_in < 0 ||
        of->price_out < 0) {
        return cli_error(err, PMPO_EUSAGE, "%s: --price %s: not two numbers of "
                         "dollars such as 0.5,1.5; see pmpo %s --help",
                         o->command->name, o->price, o->command->name);
    }
    return 0;
}

/* ---- filling in ------------------------------------------------------------ */

static void connect_one(const options *o, const char *key, const char *hint,
                        pmpo_model_options *mo)
{
    mo->api_key = key;
    mo->key_hint = hint;
    mo->ca_file = o->cacert;
    mo->insecure = o->insecure;
    mo->concurrency = o->concurrency;
    mo->timeout_s = o->timeout_s;
}

static int connect_scorer(const options *o, const char *url, const char **keyed,
                          pmpo_model_options *scorer, pmpo_error *err)
{
    const char *key = NULL, *hint = "set " KEY;
    int rc = 0;
    *keyed = key_owner(o, *keyed, url);
    if (!on_servers(url, *keyed)) {
        hint = KEY " and --key-file are for the server of the first URL";
    } else if (o->key_file) {
        rc = from_file(o->key_file, &key, err);
    } else {
        key = from_environment(KEY);
    }
    connect_one(o, key, hint, scorer);
    return rc;
}

static void connect_other(const options *o, pmpo_model_options *other)
{
    bool judge = o->command->id == CMD_EVAL;
    connect_one(o, from_environment(judge ? JUDGE_KEY : REWRITER_KEY),
                judge ? "set " JUDGE_KEY : "set " REWRITER_KEY, other);
}

int servers_connect(const options *o, const char **keyed,
                    pmpo_model_options *scorer, pmpo_model_options *rewriter,
                    pmpo_error *err)
{
    const char *named = scorer->model ? scorer->model : getenv("PMPO_MODEL");
    const kinds k = kinds_of(o, scorer, rewriter);
    int rc = check(o, &k, err);
    rc = rc < 0 ? rc : take_price(o, rewriter ? rewriter : scorer, err);
    if (rc == 0 && cli_is_url(named)) {
        rc = connect_scorer(o, named, keyed, scorer, err);
    }
    if (rc == 0 && k.other_url) {
        connect_other(o, rewriter);
    }
    return rc;
}
