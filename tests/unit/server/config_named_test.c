/* The files that a configuration names, what it is told of its own, and what becomes of all that.
 */
#include "config_scratch.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HASH                                                                                       \
    "$argon2id$v=19$m=1024,t=1,p=1$bWFkYW5nc2FsdDAw$jfo6a5jkTUp9ax1D2ObGrwb5dvWEso8AHBiC3jb4ZR4"

/* A file beside the configuration's, with a name of its own. */
struct beside {
    char path[128];
};

static struct beside beside_write(const struct scratch *scratch, const char *name, struct text data)
{
    struct beside beside;
    snprintf(beside.path, sizeof(beside.path), "%s/%s", scratch->directory, name);
    FILE *file = fopen(beside.path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data.data, 1, data.count, file), data.count);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(beside.path, 0600), 0);
    return beside;
}

static void beside_remove(const struct beside *beside)
{
    assert_int_equal(unlink(beside->path), 0);
}

/* A configuration that names the files; NULL ones are left out. */
static const char *naming(const char *motd, const char *certificate, const char *key)
{
    static char text[1024];
    size_t count = 0;
    text[0] = '\0';
    if (motd != NULL) {
        count = (size_t)snprintf(text, sizeof(text), "server { motd = '%s' }\n", motd);
    }
    if (certificate != NULL) {
        snprintf(text + count, sizeof(text) - count, "tls {\n certificate = '%s'\n key = '%s'\n}\n",
                 certificate, key);
    }
    return text;
}

static struct text motd_of(const struct config *config)
{
    return (struct text){.data = config->motd, .count = config->motd_bytes};
}

static void motd_is_read_with_the_configuration(void **state)
{
    const struct {
        struct text file;
        struct text motd;
    } motds[] = {
        {TEXT("마당에 오신 것을\n\n환영합니다\n"), TEXT("마당에 오신 것을\n\n환영합니다")},
        {TEXT("no end"), TEXT("no end")},
        {TEXT("\x02"
              "bold\x0f \x03"
              "4red \x1ditalic"),
         TEXT("\x02"
              "bold\x0f \x03"
              "4red \x1ditalic")},
        {TEXT("\n"), TEXT_NONE},
        {TEXT(""), TEXT_NONE},
    };
    for (size_t i = 0; i < sizeof(motds) / sizeof(motds[0]); i++) {
        struct beside file = beside_write(*state, "motd", motds[i].file);
        struct config *config = read_text(*state, naming(file.path, NULL, NULL));
        assert_true(text_equal(motd_of(config), motds[i].motd));
        assert_true(text_equal(config->irc.server.motd, motds[i].motd));
        config_give(config);
        beside_remove(&file);
    }
}

static void motd_that_would_do_harm_is_refused(void **state)
{
    const struct {
        struct text file;
        const char *word;
    } motds[] = {
        {TEXT("fine\n\x1b[2J\n"), "2번째"},
        {TEXT("a\rb\n"), "1번째"},
        {TEXT("a\0b\n"), "1번째"},
        {TEXT("\tx"), "1번째"},
        {TEXT("a\x7f"), "1번째"},
        {TEXT("a\xc2\x9b"
              "b"),
         "1번째"},
        {TEXT("a\n\nb\xff"), "3번째"},
        {TEXT("a\xc2"), "UTF-8"},
    };
    for (size_t i = 0; i < sizeof(motds) / sizeof(motds[0]); i++) {
        struct beside file = beside_write(*state, "motd", motds[i].file);
        assert_refused(*state, text_of(naming(file.path, NULL, NULL)), "1: server.motd",
                       motds[i].word);
        beside_remove(&file);
    }
}

/* So many lines of so many bytes. */
static struct beside lines_write(const struct scratch *scratch, size_t lines, size_t line_bytes)
{
    static char data[MOTD_BYTES_MAX + 1000];
    size_t count = 0;
    for (size_t i = 0; i < lines; i++) {
        memset(data + count, 'x', line_bytes);
        count += line_bytes;
        data[count++] = '\n';
    }
    return beside_write(scratch, "motd", (struct text){.data = data, .count = count});
}

static void motd_has_bounds(void **state)
{
    static const struct {
        size_t lines;
        size_t line_bytes;
        bool fits;
    } sizes[] = {
        {1, MOTD_LINE_BYTES_MAX, true},    {1, MOTD_LINE_BYTES_MAX + 1, false},
        {MOTD_LINES_MAX, 1, true},         {MOTD_LINES_MAX + 1, 1, false},
        {MOTD_BYTES_MAX / 128, 127, true}, {MOTD_BYTES_MAX / 128 + 1, 127, false},
    };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct beside file = lines_write(*state, sizes[i].lines, sizes[i].line_bytes);
        if (sizes[i].fits) {
            config_give(read_text(*state, naming(file.path, NULL, NULL)));
        } else {
            assert_refused(*state, text_of(naming(file.path, NULL, NULL)), "1: server.motd", "");
        }
        beside_remove(&file);
    }
}

static void odd_files_are_refused_at_once(void **state)
{
    const struct scratch *scratch = *state;
    char fifo[128];
    snprintf(fifo, sizeof(fifo), "%s/fifo", scratch->directory);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    struct beside good = beside_write(scratch, "good", TEXT("x"));
    struct beside empty = beside_write(scratch, "empty", TEXT(""));
    const char *const odd[] = {fifo, scratch->directory, "/dev/zero", "/no such file"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_refused(scratch, text_of(naming(odd[i], NULL, NULL)), "1: server.motd", odd[i]);
        assert_refused(scratch, text_of(naming(NULL, odd[i], good.path)), "2: tls.certificate",
                       odd[i]);
        assert_refused(scratch, text_of(naming(NULL, good.path, odd[i])), "3: tls.key", odd[i]);
    }
    assert_refused(scratch, text_of(naming(NULL, empty.path, good.path)), "2: tls.certificate", "");
    assert_refused(scratch, text_of(naming(NULL, good.path, empty.path)), "3: tls.key", "");
    assert_int_equal(unlink(fifo), 0);
    beside_remove(&good);
    beside_remove(&empty);
}

/* BADINPUT T16. */
static void key_that_others_may_read_is_refused(void **state)
{
    struct beside certificate = beside_write(*state, "certificate", TEXT("x"));
    struct beside key = beside_write(*state, "key", TEXT("x"));
    static const mode_t fine[] = {0400, 0600, 0640};
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        assert_int_equal(chmod(key.path, fine[i]), 0);
        struct config *config = read_text(*state, naming(NULL, certificate.path, key.path));
        assert_string_equal(config->certificate, certificate.path);
        assert_string_equal(config->certificate_key, key.path);
        config_give(config);
    }
    static const mode_t open[] = {0644, 0604, 0602, 0601};
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        assert_int_equal(chmod(key.path, open[i]), 0);
        assert_refused(*state, text_of(naming(NULL, certificate.path, key.path)), "3: tls.key",
                       key.path);
    }
    /* The certificate is everybody's. */
    assert_int_equal(chmod(key.path, 0600), 0);
    assert_int_equal(chmod(certificate.path, 0644), 0);
    config_give(read_text(*state, naming(NULL, certificate.path, key.path)));
    beside_remove(&certificate);
    beside_remove(&key);
}

/* BADINPUT C06. */
static void secrets_that_others_may_read_are_noticed(void **state)
{
    static const struct {
        const char *text;
        bool is_secret;
    } texts[] = {
        {"limit { burst = 6 }", false},
        {"server { password = x }", true},
        {"proxy { password = x }", true},
        {"operator x { password = '" HASH "' }", true},
    };
    const struct scratch *scratch = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        file_write(scratch, "", 0);
        assert_int_equal(chmod(scratch->file, 0644), 0);
        struct config *config = read_text(scratch, texts[i].text);
        assert_int_equal(config->others_read_secrets, texts[i].is_secret);
        config_give(config);
        assert_int_equal(chmod(scratch->file, 0640), 0);
        config = read_text(scratch, texts[i].text);
        assert_false(config->others_read_secrets);
        config_give(config);
    }
}

static void without_memory_nothing_is_made(void **state)
{
    const struct scratch *scratch = *state;
    struct beside motd = beside_write(scratch, "motd", TEXT("hello\n"));
    const char *text = naming(motd.path, NULL, NULL);
    file_write(scratch, text, strlen(text));
    int pending = 0;
    for (uint64_t nth = 1; !pending; nth++) {
        struct config *config = NULL;
        struct bytes problem = {0};
        mem_fail_at(nth);
        enum error error = read_file(scratch->file, &config, &problem);
        pending = mem_fail_pending();
        mem_fail_at(0);
        assert_int_equal(error, pending ? ERR_OK : ERR_MEMORY);
        assert_true((config != NULL) == (error == ERR_OK));
        config_give(config);
        bytes_finish(&problem);
    }
    beside_remove(&motd);
}

static void door_is_told_all_of_it(void **state)
{
    const struct scratch *scratch = *state;
    const char *text =
        "server { name = yard.example info = 'a yard' network = Yard lobby = '#yard'\n"
        "  password = sesame icon = 'https://a.example/i' admin = {a, b} }\n"
        "operator one { password = '" HASH "' }\n";
    file_write(scratch, text, strlen(text));
    struct config_arguments arguments = {.file = scratch->file, .started_ms = 951782400000};
    struct config *config = NULL;
    struct bytes problem = {0};
    assert_int_equal(config_read(&arguments, &config, &problem), ERR_OK);
    const struct irc_server *server = &config->irc.server;
    assert_true(text_equal(server->name, TEXT("yard.example")));
    assert_true(text_equal(server->info, TEXT("a yard")));
    assert_true(text_equal(server->network, TEXT("Yard")));
    assert_true(text_equal(server->lobby, TEXT("#yard")));
    assert_true(text_equal(server->password, TEXT("sesame")));
    assert_true(text_equal(server->icon, TEXT("https://a.example/i")));
    assert_true(text_equal(server->admin[0], TEXT("a")));
    assert_true(text_equal(server->admin[1], TEXT("b")));
    assert_int_equal(server->admin[2].count, 0);
    assert_true(text_equal(server->casemapping, TEXT("ascii")));
    assert_true(text_equal(server->created, TEXT("2000-02-29 00:00:00 UTC")));
    assert_memory_equal(server->version.data, "madang-", 7);
    assert_int_equal(server->motd.count, 0);
    assert_int_equal(server->operator_count, 1);
    assert_true(text_equal(server->operators[0].name, TEXT("one")));
    assert_true(text_equal(server->operators[0].hash, TEXT(HASH)));
    assert_true(text_equal(irc_setup_operator(server, server->operators[0].hash), TEXT("one")));
    assert_int_equal(irc_setup_operator(server, TEXT_NONE).count, 0);
    config_give(config);
}

static void names_stay_while_the_server_runs(void **state)
{
    struct config *now = read_text(
        *state, "server { name = a info = b network = c lobby = '#d' casemapping = precis }");
    struct config *next =
        read_text(*state, "server { name = z info = y network = x lobby = '#w' password = new }\n"
                          "operator one { password = '" HASH "' }\nlimit { burst = 9 }\n");
    config_keep(next, now);
    config_give(now);
    const struct irc_server *server = &next->irc.server;
    assert_true(text_equal(server->name, TEXT("a")));
    assert_true(text_equal(server->info, TEXT("b")));
    assert_true(text_equal(server->network, TEXT("c")));
    assert_true(text_equal(server->lobby, TEXT("#d")));
    assert_true(text_equal(server->casemapping, TEXT("precis")));
    /* The rest is new. */
    assert_true(text_equal(server->password, TEXT("new")));
    assert_int_equal(server->operator_count, 1);
    assert_int_equal(next->burst, 9);
    config_give(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(motd_is_read_with_the_configuration),
        TEST(motd_that_would_do_harm_is_refused),
        TEST(motd_has_bounds),
        TEST(odd_files_are_refused_at_once),
        TEST(key_that_others_may_read_is_refused),
        TEST(secrets_that_others_may_read_are_noticed),
        TEST(without_memory_nothing_is_made),
        TEST(door_is_told_all_of_it),
        TEST(names_stay_while_the_server_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
