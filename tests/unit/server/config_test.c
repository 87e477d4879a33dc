/* The configuration: what a file may say, and the one line that it hears otherwise. */
#include "base/mem.h"
#include "base/utf8.h"
#include "server/config.h"
#include "server/config_keys.h"
#include "server/config_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A directory of this run's own, with one file in it. */
struct scratch {
    char directory[64];
    char file[96];
};

static int scratch_make(void **state)
{
    struct scratch *scratch = calloc(1, sizeof(*scratch));
    const char *parent = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    if (scratch == NULL || strlen(parent) > 30) {
        free(scratch);
        return -1;
    }
    snprintf(scratch->directory, sizeof(scratch->directory), "%s/madang-config-XXXXXX", parent);
    if (mkdtemp(scratch->directory) == NULL) {
        free(scratch);
        return -1;
    }
    snprintf(scratch->file, sizeof(scratch->file), "%s/f.conf", scratch->directory);
    /* Where madang would store: the tests' own word, whoever runs them. */
    setenv("XDG_DATA_HOME", "/data home", 1);
    *state = scratch;
    return 0;
}

static int scratch_remove(void **state)
{
    struct scratch *scratch = *state;
    (void)unlink(scratch->file);
    (void)rmdir(scratch->directory);
    free(scratch);
    return 0;
}

static void file_write(const struct scratch *scratch, const char *data, size_t count)
{
    FILE *file = fopen(scratch->file, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static enum error read_file(const char *file, struct config **out, struct bytes *problem)
{
    struct config_arguments arguments = {.file = file};
    return config_read(&arguments, out, problem);
}

/* Reads text as a file; it must be right. */
static struct config *read_text(const struct scratch *scratch, const char *text)
{
    file_write(scratch, text, strlen(text));
    struct config *config = NULL;
    struct bytes problem = {0};
    if (read_file(scratch->file, &config, &problem) != ERR_OK) {
        fail_msg("%s\n  was refused: %.*s", text, (int)problem.count, problem.data);
    }
    assert_int_equal(problem.count, 0);
    bytes_finish(&problem);
    return config;
}

/* Reads bytes as a file; they must be refused with "file:rest", rest beginning with expected and
 * holding word. */
static void assert_refused(const struct scratch *scratch, struct text bytes, const char *expected,
                           const char *word)
{
    file_write(scratch, bytes.data, bytes.count);
    struct config *config = NULL;
    struct bytes problem = {0};
    enum error error = read_file(scratch->file, &config, &problem);
    if (error == ERR_OK) {
        fail_msg("%.200s\n  was taken, not refused with %s", bytes.data, expected);
    }
    assert_null(config);
    assert_int_equal(bytes_append(&problem, "", 1), ERR_OK);
    char start[128];
    snprintf(start, sizeof(start), "%s:%s", scratch->file, expected);
    if (strncmp(problem.data, start, strlen(start)) != 0 || strstr(problem.data, word) == NULL) {
        fail_msg("%.200s\n  got  %s\n  want %s ... %s", bytes.data, problem.data, start, word);
    }
    assert_null(strchr(problem.data, '\n'));
    assert_true(text_is_visible((struct text){problem.data, problem.count - 1}));
    assert_true(problem.count < 800);
    bytes_finish(&problem);
}

static void assert_same(const struct config *a, const struct config *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->info, b->info);
    assert_string_equal(a->network, b->network);
    assert_string_equal(a->lobby, b->lobby);
    assert_string_equal(a->lang, b->lang);
    assert_int_equal(a->listen_count, b->listen_count);
    for (uint32_t i = 0; i < a->listen_count; i++) {
        assert_true(config_listen_equal(&a->listens[i], &b->listens[i]));
        assert_int_equal(a->listens[i].door, b->listens[i].door);
    }
    size_t key_count;
    const struct config_key *keys = config_keys(&key_count);
    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].kind == CONFIG_NUMBER) {
            assert_memory_equal((const char *)a + keys[i].offset, (const char *)b + keys[i].offset,
                                sizeof(uint32_t));
        } else if (keys[i].kind == CONFIG_FLAG) {
            assert_memory_equal((const char *)a + keys[i].offset, (const char *)b + keys[i].offset,
                                sizeof(bool));
        }
    }
    assert_int_equal(a->exempt_count, b->exempt_count);
    assert_memory_equal(a->exempt, b->exempt, a->exempt_count * sizeof(a->exempt[0]));
    assert_int_equal(a->sync, b->sync);
    assert_string_equal(a->data, b->data);
    assert_int_equal(a->data_is_default, b->data_is_default);
}

static struct config *read_defaults(void)
{
    struct config *config = NULL;
    struct bytes problem = {0};
    assert_int_equal(read_file(NULL, &config, &problem), ERR_OK);
    bytes_finish(&problem);
    return config;
}

static void without_a_file_the_defaults_hold(void **state)
{
    (void)state;
    struct config *config = read_defaults();
    assert_string_equal(config->name, "madang");
    assert_string_equal(config->info, "madang");
    assert_string_equal(config->network, "madang");
    assert_string_equal(config->lobby, "#madang");
    assert_string_equal(config->lang, "");
    assert_int_equal(config->listen_count, 1);
    assert_string_equal(config->listens[0].address, "127.0.0.1");
    assert_int_equal(config->listens[0].port, 9999);
    assert_int_equal(config->listens[0].door, DOOR_AUTO);
    assert_true(config->flood);
    assert_int_equal(config->burst, 5);
    assert_int_equal(config->rate, 2);
    assert_int_equal(config->connections_per_address, 16);
    assert_int_equal(config->connects_per_address, 32);
    assert_int_equal(config->connects_window_ms, 600000);
    assert_int_equal(config->unregistered_percent, 30);
    assert_true(config->unregistered_start >= 10);
    assert_true(config->unregistered_full >= config->unregistered_start);
    assert_int_equal(config->register_ms, 30000);
    assert_int_equal(config->quiet_ms, 40);
    assert_int_equal(config->cut_ms, 1000);
    assert_int_equal(config->vanish_ms, 150000);
    assert_int_equal(config->close_ms, 2000);
    assert_int_equal(config->shutdown_ms, 2000);
    assert_int_equal(config->exempt_count, 2);
    assert_int_equal(config->sync, JOURNAL_SYNC_ALWAYS);
    assert_true(config->threads >= 1 && config->threads <= WORKERS_MAX);
    config_give(config);
}

static void an_empty_file_means_the_defaults(void **state)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        " \t\n",
                                        "# only a comment",
                                        "/* a comment */\n// another\n",
                                        "server { }\nlimit{}storage\n{\n}\n",
                                        "limit {\n# burst = 7\n}\n"};
    struct config *defaults = read_defaults();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct config *config = read_text(*state, texts[i]);
        assert_same(config, defaults);
        config_give(config);
    }
    config_give(defaults);
}

static void every_key_is_taken(void **state)
{
    struct config *config = read_text(
        *state, "server {\n"
                "  name = yard.example # a comment\n"
                "  info = \"마당 \\\"하나\\\"\"\n"
                "  network = 'Yard'\n"
                "  lobby = \"#마당\"\n"
                "  lang = en\n"
                "  threads = 3\n"
                "}\n"
                "listen \"127.0.0.1:0\" { }\n"
                "listen '[::1]:6667' { door = plain }\n"
                "listen 0.0.0.0:9999 { door = \"auto\" }\n"
                "limit {\n"
                "  flood = false burst = 6 rate = 7\n"
                "  connections_per_address = 0\n"
                "  connects_per_address = 9\n"
                "  connects_window_ms = 1000\n"
                "  unregistered_start = 11 unregistered_percent = 12 unregistered_full = 13\n"
                "  register_ms = 14000 quiet_ms = 15 cut_ms = 16 vanish_ms = 1700\n"
                "  close_ms = 18 shutdown_ms = 19\n"
                "  exempt = {\"10.0.0.0/8\", fe80::/10, 1.2.3.4}\n"
                "}\n"
                "storage { sync = interval data = \"/srv/마당\" }\n");
    assert_string_equal(config->name, "yard.example");
    assert_string_equal(config->info, "마당 \"하나\"");
    assert_string_equal(config->network, "Yard");
    assert_string_equal(config->lobby, "#마당");
    assert_string_equal(config->lang, "en");
    assert_int_equal(config->threads, 3);
    assert_int_equal(config->listen_count, 3);
    assert_int_equal(config->listens[0].port, 0);
    assert_string_equal(config->listens[1].address, "::1");
    assert_int_equal(config->listens[1].door, DOOR_PLAIN);
    assert_string_equal(config->listens[2].address, "0.0.0.0");
    assert_int_equal(config->listens[2].door, DOOR_AUTO);
    assert_false(config->flood);
    assert_int_equal(config->burst, 6);
    assert_int_equal(config->rate, 7);
    assert_int_equal(config->connections_per_address, 0);
    assert_int_equal(config->connects_per_address, 9);
    assert_int_equal(config->connects_window_ms, 1000);
    assert_int_equal(config->unregistered_start, 11);
    assert_int_equal(config->unregistered_percent, 12);
    assert_int_equal(config->unregistered_full, 13);
    assert_int_equal(config->register_ms, 14000);
    assert_int_equal(config->quiet_ms, 15);
    assert_int_equal(config->cut_ms, 16);
    assert_int_equal(config->vanish_ms, 1700);
    assert_int_equal(config->close_ms, 18);
    assert_int_equal(config->shutdown_ms, 19);
    assert_int_equal(config->exempt_count, 3);
    assert_int_equal(config->exempt[0].prefix_bits, 104);
    assert_int_equal(config->exempt[1].prefix_bits, 10);
    assert_int_equal(config->exempt[2].prefix_bits, 128);
    assert_int_equal(config->sync, JOURNAL_SYNC_INTERVAL);
    assert_string_equal(config->data, "/srv/마당");
    assert_false(config->data_is_default);
    config_give(config);
}

static void a_section_may_come_in_parts(void **state)
{
    struct config *config =
        read_text(*state, "limit { burst = 6 }\nserver { }\nlimit { rate = 7 }\n");
    assert_int_equal(config->burst, 6);
    assert_int_equal(config->rate, 7);
    config_give(config);
}

static void an_empty_list_exempts_nobody(void **state)
{
    struct config *config = read_text(*state, "limit { exempt = {} }");
    assert_int_equal(config->exempt_count, 0);
    config_give(config);
}

struct refused_text {
    const char *text;
    const char *expected; /* After "file:". */
    const char *word;
};

static const struct refused_text refusals[] = {
    /* C01: unknown, twice, out of place. */
    {"server {\n    nmae = \"x\"\n}\n", "2: ", "server.name"},
    {"\nlimits {\n    burst = 5\n}\n", "2: ", "limit"},
    {"limit {\n burts = 1 }", "2: ", "limit.burst"},
    {"server { burst = 5 }", "1: ", "limit.burst"},
    {"burst = 5\n", "1: ", "limit.burst"},
    {"lisen \"1.2.3.4:5\" { }", "1: ", "listen"},
    {"listen \"1.2.3.4:5\" { burst = 1 }", "1: ", "limit.burst"},
    {"nonsense = 1", "1: ", "nonsense"},
    {"server {\n lang = ko\n lang = en\n}", "3: server.lang", "2"},
    {"limit { burst = 5 }\n\nlimit {\n burst = 6 }", "4: limit.burst", "1"},
    {"limit { exempt = {} exempt = {} }", "1: limit.exempt", ""},
    {"limit { exempt = {\"1.2.3.4\"} \n exempt = {} }", "2: limit.exempt", "1"},
    {"listen \"1.2.3.4:5\" {\n door = auto\n door = auto }", "3: listen.door", "2"},
    {"listen \"1.2.3.4:5\" { }\nlisten \"1.2.3.4:5\" { }", "2: ", "1.2.3.4:5"},
    {"listen \"[::1]:5\" { }\nlisten \"[0::1]:5\" { }", "2: listen", "1"},
    {"\"limit\" { }", "1: ", "limit"},
    {"limit { \"burst\" = 5 }", "1: burst", ""},
    {"\"limit|burst\" = 5", "1: ", "limit|burst"},
    {"limit|burst = 5", "1: ", "limit|burst"},
    {"limit { include = 5 }", "1: ", "include"},
    /* Grammar. */
    {"limit {", "1: ", ""},
    {"limit }", "1: ", ""},
    {"limit { burst = }", "1: ", ""},
    {"limit { burst 5 }", "1: ", "burst"},
    {"limit { burst = 5", "1: ", ""},
    {"limit { burst = { 5 } }", "1: ", ""},
    {"limit { server { } }", "1: ", "server"},
    {"limit { burst = 5, rate = 2 }", "1: ", ""},
    {"limit { exempt = {\"::1\" \"::2\"} }", "1: ", ""},
    {"}", "1: ", ""},
    {"\n\n= 5", "3: ", ""},
    {"listen { door = auto }", "1: ", "listen"},
    {"server \"x\" { }", "1: ", "server"},
    {"\n''", "2: ", ""},
    {"limit { '' }", "1: ", ""},
    {"limit { '' = 5 }", "1: ", ""},
    {"# comment\n/* two\nlines */ limit { burst = }", "3: ", ""},
    {"server { name = \"open }\n", "1: ", ""},
    {"server {\n name = 'open }\n", "2: ", ""},
    {"server { name = \"a\nb\" }", "1: ", ""},
    {"server { name = \"a\\nb\" }", "1: ", ""},
    {"server { name = \"a\\", "1: ", ""},
    {"\n/* open\n\nlimit { burst = 7 }", "2: ", "*/"},
    {"server { name = \"${HOME}\" }", "1: ", "${"},
    {"server { name = ${HOME} }", "1: ", "${"},
    {"server { name = a${HOME} }", "1: ", "${"},
    {"limit { burst = (5) }", "1: ", "("},
    {"limit { exempt += {\"10.0.0.0/8\"} }", "1: ", "+"},
    {"limit * { }", "1: ", "*"},
    {"include(\"/etc/passwd\")", "1: ", "("},
    /* C02, C19, C20: numbers and their ranges. */
    {"limit {\n burst = -1 }", "2: limit.burst", "1부터 10000"},
    {"limit { burst = 0 }", "1: limit.burst", "1부터 10000"},
    {"limit { burst = 10001 }", "1: limit.burst", "1부터 10000"},
    {"limit { burst = 1e9 }", "1: limit.burst", "1e9"},
    {"limit { burst = 10kk }", "1: limit.burst", "10kk"},
    {"limit { burst = 99999999999999999999 }", "1: limit.burst", ""},
    {"limit { burst = 4294967297 }", "1: limit.burst", ""},
    {"limit { burst = \"\" }", "1: limit.burst", ""},
    {"limit { burst = \" \" }", "1: limit.burst", ""},
    {"limit { burst = \" 5\" }", "1: limit.burst", ""},
    {"limit { burst = \"5 \" }", "1: limit.burst", ""},
    {"limit { burst = \"+5\" }", "1: limit.burst", ""},
    {"limit { burst = 0x10 }", "1: limit.burst", ""},
    {"limit { burst = 010 }", "1: limit.burst", ""},
    {"limit { burst = 1.5 }", "1: limit.burst", ""},
    {"limit { register_ms = 9999999999d }", "1: limit.register_ms", ""},
    {"limit { register_ms = 0 }", "1: limit.register_ms", ""},
    {"limit { vanish_ms = 86400001 }", "1: limit.vanish_ms", ""},
    {"limit { unregistered_percent = 101 }", "1: limit.unregistered_percent", ""},
    {"limit { unregistered_start = 5\n unregistered_full = 4 }", "2: ", "unregistered_start"},
    {"limit { quiet_ms = 60001 }", "1: limit.quiet_ms", "60000"},
    {"limit { flood = maybe }", "1: limit.flood", "true"},
    {"server { threads = 65 }", "1: server.threads", "64"},
    {"server { threads = 0 }", "1: server.threads", "64"},
    /* Other values. */
    {"storage {\n sync = sometimes }", "2: storage.sync", "always"},
    {"storage { data = \"\" }", "1: storage.data", ""},
    {"storage { data = \"~/madang\" }", "1: storage.data", "~"},
    {"server { lang = klingon }", "1: server.lang", "ko"},
    {"server { lobby = \"no hash\" }", "1: server.lobby", "#"},
    {"server { lobby = \"#\" }", "1: server.lobby", "#"},
    {"server { name = \"\" }", "1: server.name", ""},
    {"server { name = \"a b\" }", "1: server.name", ""},
    {"server { info = \"\" }", "1: server.info", ""},
    {"server { info = \"\xe2\x80\xae\" }", "1: server.info", ""},
    {"server { network = \"a b\" }", "1: server.network", ""},
    {"listen \"127.0.0.1:0\" { door = barn }", "1: listen.door", "plain"},
    {"listen \"127.0.0.1\" { }", "1: listen", "9999"},
    {"\nlisten \"127.0.0.1:65536\" {\n}\n", "2: listen", "65535"},
    {"limit { exempt = {\"127.0.0.0/33\"} }", "1: limit.exempt", ""},
    {"limit { exempt = {\"127.0.0.1/8\"} }", "1: limit.exempt", ""},
    {"limit { exempt = {\"::1/129\"} }", "1: limit.exempt", ""},
    {"limit { exempt = {\"::1/64\"} }", "1: limit.exempt", ""},
    {"limit { exempt = {\"localhost\"} }", "1: limit.exempt", ""},
    {"limit { exempt = {\"\"} }", "1: limit.exempt", ""},
    {"limit { exempt = {\"1.2.3.4/\"} }", "1: limit.exempt", ""},
    {"limit { exempt = {\"1.2.3.4\", \"x\"} }", "1: limit.exempt", "\"x\""},
    /* C07: bytes. */
    {"\xef\xbb\xbflimit { }", "1: ", "BOM"},
    {"limit {\r\n burst = 5\r\n}\r\n", "1: ", "CR"},
    {"limit {\n\n# caf\xe9\n}", "3: ", "UTF-8"},
    {"server { name = \"\xff\xfe\" }", "1: ", "UTF-8"},
    {"limit {\x1b[2J }", "1: ", ""},
    {"limit { \x7f }", "1: ", ""},
};

static void what_is_wrong_is_told_with_its_line(void **state)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        assert_refused(*state, text_of(refusals[i].text), refusals[i].expected, refusals[i].word);
    }
}

/* libconfuse's lexer keeps its state from one file to the next. */
static void a_wrong_file_does_not_spoil_the_next(void **state)
{
    struct config *defaults = read_defaults();
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        assert_refused(*state, text_of(refusals[i].text), refusals[i].expected, refusals[i].word);
        struct config *config = read_text(*state, "server { name = madang }\n");
        assert_same(config, defaults);
        config_give(config);
    }
    config_give(defaults);
}

static void a_nul_is_refused(void **state)
{
    assert_refused(*state, TEXT("limit {\n\0}\n"), "2: ", "");
    assert_refused(*state, TEXT("\0"), "1: ", "");
}

static void what_the_file_says_cannot_forge_a_line(void **state)
{
    assert_refused(*state, TEXT("limit { burst = \"\xc2\x9b\xe2\x80\xae\" }"), "1: limit.burst",
                   "\\x9b\\u202e");
}

static char *repeated(const char *before, char byte, size_t count, const char *after,
                      size_t *out_count)
{
    size_t before_count = strlen(before);
    size_t after_count = strlen(after);
    char *data = malloc(before_count + count + after_count);
    assert_non_null(data);
    memcpy(data, before, before_count);
    memset(data + before_count, byte, count);
    memcpy(data + before_count + count, after, after_count);
    *out_count = before_count + count + after_count;
    return data;
}

static void lines_and_files_have_bounds(void **state)
{
    size_t count;
    char *data = repeated("#", 'x', CONFIG_LINE_BYTES_MAX - 1, "\nlimit { burst = 6 }\n", &count);
    file_write(*state, data, count);
    struct config *config = NULL;
    struct bytes problem = {0};
    const struct scratch *scratch = *state;
    assert_int_equal(read_file(scratch->file, &config, &problem), ERR_OK);
    assert_int_equal(config->burst, 6);
    config_give(config);
    free(data);

    data = repeated("\n#", 'x', CONFIG_LINE_BYTES_MAX, "\n", &count);
    assert_refused(*state, (struct text){data, count}, "2: ", "4096");
    free(data);

    data = repeated("", '\n', CONFIG_FILE_BYTES_MAX, "", &count);
    file_write(*state, data, count);
    config = NULL;
    assert_int_equal(read_file(scratch->file, &config, &problem), ERR_OK);
    config_give(config);
    free(data);

    data = repeated("", '\n', CONFIG_FILE_BYTES_MAX, "\n", &count);
    assert_refused(*state, (struct text){data, count}, " ", "1048576");
    free(data);
    bytes_finish(&problem);
}

static void texts_have_bounds(void **state)
{
    static const struct {
        const char *before;
        const char *after;
        size_t max;
    } bounds[] = {
        {"server { name = \"", "\" }", SERVER_NAME_BYTES_MAX},
        {"server { network = \"", "\" }", SERVER_NAME_BYTES_MAX},
        {"server { info = \"", "\" }", 255},
        {"server { lobby = \"#", "\" }", CHANNEL_BYTES_MAX - 1},
        {"storage { data = \"/", "\" }", 1022},
    };
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        size_t count;
        char *data = repeated(bounds[i].before, 'x', bounds[i].max, bounds[i].after, &count);
        file_write(*state, data, count);
        struct config *config = NULL;
        struct bytes problem = {0};
        const struct scratch *scratch = *state;
        assert_int_equal(read_file(scratch->file, &config, &problem), ERR_OK);
        config_give(config);
        free(data);
        data = repeated(bounds[i].before, 'x', bounds[i].max + 1, bounds[i].after, &count);
        assert_refused(*state, (struct text){data, count}, "1: ", "xxx");
        free(data);
        bytes_finish(&problem);
    }
}

/* n listen sections, then the command line's. */
static enum error read_listens(const struct scratch *scratch, uint32_t in_file, uint32_t on_line,
                               struct config **out)
{
    char text[4096];
    size_t count = 0;
    for (uint32_t i = 0; i < in_file; i++) {
        count += (size_t)snprintf(text + count, sizeof(text) - count,
                                  "listen \"127.0.0.1:%u\" { door = plain }\n", 1000 + i);
    }
    file_write(scratch, text, count);
    struct config_arguments arguments = {.file = scratch->file, .listen_count = on_line};
    for (uint32_t i = 0; i < on_line; i++) {
        assert_int_equal(config_listen_parse("[::]:0", &arguments.listens[i]), ERR_OK);
        arguments.listens[i].port = (uint16_t)i;
    }
    struct bytes problem = {0};
    enum error error = config_read(&arguments, out, &problem);
    assert_true((error == ERR_OK) == (problem.count == 0));
    bytes_finish(&problem);
    return error;
}

static void listens_add_up_to_their_bound(void **state)
{
    struct config *config = NULL;
    assert_int_equal(read_listens(*state, LISTENERS_MAX - 1, 1, &config), ERR_OK);
    assert_int_equal(config->listen_count, LISTENERS_MAX);
    assert_int_equal(config->listens[0].door, DOOR_PLAIN);
    assert_int_equal(config->listens[LISTENERS_MAX - 1].door, DOOR_AUTO);
    config_give(config);
    config = NULL;
    assert_int_equal(read_listens(*state, LISTENERS_MAX, 0, &config), ERR_OK);
    config_give(config);
    assert_int_equal(read_listens(*state, 0, LISTENERS_MAX, &config), ERR_OK);
    assert_int_equal(config->listen_count, LISTENERS_MAX);
    config_give(config);
    config = NULL;
    assert_int_equal(read_listens(*state, LISTENERS_MAX, 1, &config), ERR_INVALID);
    assert_int_equal(read_listens(*state, LISTENERS_MAX + 1, 0, &config), ERR_INVALID);
    assert_null(config);
}

static void a_listen_of_both_is_one(void **state)
{
    const struct scratch *scratch = *state;
    const char *text = "listen \"127.0.0.1:1000\" { door = plain }\n";
    file_write(scratch, text, strlen(text));
    struct config_arguments arguments = {.file = scratch->file, .listen_count = 1};
    assert_int_equal(config_listen_parse("127.0.0.1:1000", &arguments.listens[0]), ERR_OK);
    struct config *config = NULL;
    struct bytes problem = {0};
    assert_int_equal(config_read(&arguments, &config, &problem), ERR_OK);
    assert_int_equal(config->listen_count, 1);
    assert_int_equal(config->listens[0].door, DOOR_PLAIN);
    config_give(config);
}

static void the_command_line_wins(void **state)
{
    const struct scratch *scratch = *state;
    const char *text = "storage { data = /from/file }\nserver { threads = 2 }\n";
    file_write(scratch, text, strlen(text));
    struct config_arguments arguments = {.file = scratch->file, .data = "here", .threads = 5};
    struct config *config = NULL;
    struct bytes problem = {0};
    assert_int_equal(config_read(&arguments, &config, &problem), ERR_OK);
    assert_string_equal(config->data, "here");
    assert_int_equal(config->threads, 5);
    assert_false(config->data_is_default);
    config_give(config);
}

static void odd_files_are_refused_at_once(void **state)
{
    const struct scratch *scratch = *state;
    char fifo[128];
    snprintf(fifo, sizeof(fifo), "%s/fifo", scratch->directory);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const struct {
        const char *path;
        enum error error;
    } paths[] = {
        {scratch->directory, ERR_INVALID},
        {fifo, ERR_INVALID},
        {"/dev/zero", ERR_INVALID},
        {"/dev/null", ERR_INVALID},
        {"/dev/null/x", ERR_NOT_FOUND},
        {"/no such\nfile", ERR_NOT_FOUND},
        {"", ERR_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct config *config = NULL;
        struct bytes problem = {0};
        assert_int_equal(read_file(paths[i].path, &config, &problem), paths[i].error);
        assert_null(config);
        assert_true(problem.count > 0);
        assert_null(memchr(problem.data, '\n', problem.count));
        bytes_finish(&problem);
    }
    assert_int_equal(unlink(fifo), 0);
}

static void a_file_that_may_not_be_read_is_refused(void **state)
{
    const struct scratch *scratch = *state;
    file_write(scratch, "", 0);
    assert_int_equal(chmod(scratch->file, 0), 0);
    /* To root nothing is forbidden. */
    uid_t self = geteuid();
    assert_true(self != 0 || seteuid(65534) == 0);
    struct config *config = NULL;
    struct bytes problem = {0};
    enum error error = read_file(scratch->file, &config, &problem);
    assert_int_equal(seteuid(self), 0);
    assert_int_equal(error, ERR_DENIED);
    bytes_finish(&problem);
}

static void the_data_directory_comes_from_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *xdg;
        const char *home;
        const char *data; /* NULL: refused. */
    } homes[] = {
        {"/x", "/h", "/x/madang"},
        {NULL, "/h", "/h/.local/share/madang"},
        {"", "/h", "/h/.local/share/madang"},
        {"relative", "/h", "/h/.local/share/madang"},
        {"/x", NULL, "/x/madang"},
        {NULL, NULL, NULL},
        {"relative", "", NULL},
        {NULL, "home", NULL},
    };
    char *home = getenv("HOME");
    char home_before[1024] = "";
    snprintf(home_before, sizeof(home_before), "%s", home != NULL ? home : "");
    for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
        homes[i].xdg != NULL ? setenv("XDG_DATA_HOME", homes[i].xdg, 1) : unsetenv("XDG_DATA_HOME");
        homes[i].home != NULL ? setenv("HOME", homes[i].home, 1) : unsetenv("HOME");
        struct config *config = NULL;
        struct bytes problem = {0};
        enum error error = read_file(NULL, &config, &problem);
        if (homes[i].data == NULL) {
            assert_int_equal(error, ERR_INVALID);
            assert_non_null(memmem(problem.data, problem.count, "--data", 6));
        } else {
            assert_int_equal(error, ERR_OK);
            assert_string_equal(config->data, homes[i].data);
            assert_true(config->data_is_default);
            config_give(config);
        }
        bytes_finish(&problem);
        struct config_arguments arguments = {.data = "/given"};
        assert_int_equal(config_read(&arguments, &config, &problem), ERR_OK);
        assert_string_equal(config->data, "/given");
        config_give(config);
    }
    setenv("HOME", home_before, 1);
    setenv("XDG_DATA_HOME", "/data home", 1);
}

static void a_data_directory_has_a_bound(void **state)
{
    (void)state;
    char data[1025];
    memset(data, 'x', sizeof(data));
    data[1023] = '\0';
    struct config_arguments arguments = {.data = data};
    struct config *config = NULL;
    struct bytes problem = {0};
    assert_int_equal(config_read(&arguments, &config, &problem), ERR_OK);
    config_give(config);
    data[1023] = 'x';
    data[1024] = '\0';
    assert_int_equal(config_read(&arguments, &config, &problem), ERR_INVALID);
    assert_non_null(memmem(problem.data, problem.count, "1023", 4));
    bytes_finish(&problem);
}

static void listens_are_numeric_addresses_and_ports(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *address; /* NULL: refused. */
        uint16_t port;
    } listens[] = {
        {"127.0.0.1:9999", "127.0.0.1", 9999},
        {"0.0.0.0:0", "0.0.0.0", 0},
        {"1.2.3.4:65535", "1.2.3.4", 65535},
        {"[::]:9999", "::", 9999},
        {"[2001:DB8::0:1]:1", "2001:db8::1", 1},
        {"[::ffff:1.2.3.4]:1", "::ffff:1.2.3.4", 1},
        {"127.0.0.1:65536", NULL, 0},
        {"127.0.0.1:99999", NULL, 0},
        {"127.0.0.1:-1", NULL, 0},
        {"127.0.0.1:+1", NULL, 0},
        {"127.0.0.1:", NULL, 0},
        {"127.0.0.1: ", NULL, 0},
        {"127.0.0.1: 1", NULL, 0},
        {"127.0.0.1:1 ", NULL, 0},
        {"127.0.0.1:1e3", NULL, 0},
        {"127.0.0.1:0x10", NULL, 0},
        {"127.0.0.1:010", NULL, 0},
        {"127.0.0.1:99999999999999999999", NULL, 0},
        {"127.0.0.1", NULL, 0},
        {"127.0.0:1", NULL, 0},
        {"localhost:1", NULL, 0},
        {":1", NULL, 0},
        {"[]:1", NULL, 0},
        {"[:1", NULL, 0},
        {"[", NULL, 0},
        {":", NULL, 0},
        {"", NULL, 0},
        {"::1:1", NULL, 0},
        {"[::1]1", NULL, 0},
        {"[::1]", NULL, 0},
        {"[127.0.0.1]:1", NULL, 0},
        {"[fe80::1%lo]:1", NULL, 0},
        {"1.2.3.4:5:6", NULL, 0},
        {"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]:1", NULL, 0},
    };
    for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++) {
        struct config_listen listen = {.port = 7};
        enum error error = config_listen_parse(listens[i].text, &listen);
        if ((error == ERR_OK) != (listens[i].address != NULL)) {
            fail_msg("%s: %s", listens[i].text, error_name(error));
        }
        if (listens[i].address != NULL) {
            assert_string_equal(listen.address, listens[i].address);
            assert_int_equal(listen.port, listens[i].port);
        } else {
            assert_int_equal(error, ERR_INVALID);
            assert_int_equal(listen.port, 7);
        }
    }
}

static bool is_exempt(const struct config *config, const char *address)
{
    struct in6_addr binary = {0};
    if (inet_pton(AF_INET, address, &binary.s6_addr[12]) == 1) {
        binary.s6_addr[10] = 0xff;
        binary.s6_addr[11] = 0xff;
    } else {
        assert_int_equal(inet_pton(AF_INET6, address, &binary), 1);
    }
    return config_is_exempt(config, &binary);
}

static void exempt_addresses_are_found_by_prefix(void **state)
{
    struct config *config = read_defaults();
    assert_true(is_exempt(config, "127.0.0.1"));
    assert_true(is_exempt(config, "127.255.255.255"));
    assert_false(is_exempt(config, "128.0.0.0"));
    assert_false(is_exempt(config, "126.255.255.255"));
    assert_true(is_exempt(config, "::1"));
    assert_false(is_exempt(config, "::2"));
    assert_false(is_exempt(config, "::127.0.0.1"));
    config_give(config);

    config = read_text(*state,
                       "limit { exempt = {10.1.0.0/17, 1.2.3.4, \"fe80::/10\", \"2001:db8::5\"} }");
    assert_true(is_exempt(config, "10.1.127.255"));
    assert_false(is_exempt(config, "10.1.128.0"));
    assert_true(is_exempt(config, "1.2.3.4"));
    assert_false(is_exempt(config, "1.2.3.5"));
    assert_true(is_exempt(config, "febf::1"));
    assert_false(is_exempt(config, "fec0::1"));
    assert_true(is_exempt(config, "2001:db8::5"));
    assert_false(is_exempt(config, "127.0.0.1"));
    config_give(config);

    config = read_text(*state, "limit { exempt = {0.0.0.0/0} }");
    assert_true(is_exempt(config, "8.8.8.8"));
    assert_false(is_exempt(config, "2001:db8::5"));
    config_give(config);

    config = read_text(*state, "limit { exempt = {\"::/0\"} }");
    assert_true(is_exempt(config, "8.8.8.8"));
    assert_true(is_exempt(config, "2001:db8::5"));
    config_give(config);
}

static void limits_that_are_not_set_give_way(void **state)
{
    struct config *config = read_text(*state, "limit { quiet_ms = 3000 }");
    assert_int_equal(config->quiet_ms, 3000);
    assert_int_equal(config->cut_ms, 3000);
    config_give(config);
    config = read_text(*state, "limit { unregistered_full = 4 }");
    assert_int_equal(config->unregistered_start, 4);
    assert_int_equal(config->unregistered_full, 4);
    config_give(config);
    config = read_text(*state, "limit { unregistered_start = 200000 }");
    assert_int_equal(config->unregistered_start, 200000);
    assert_int_equal(config->unregistered_full, 200000);
    config_give(config);
}

static void the_list_of_the_exempt_has_a_bound(void **state)
{
    for (int extra = 0; extra < 2; extra++) {
        char text[4096];
        size_t count = (size_t)snprintf(text, sizeof(text), "limit { exempt = {\n\"10.0.0.0\"");
        for (int i = 1; i < CONFIG_EXEMPT_MAX + extra; i++) {
            count += (size_t)snprintf(text + count, sizeof(text) - count, ",\n\"10.0.0.%d\"", i);
        }
        (void)snprintf(text + count, sizeof(text) - count, "} }\n");
        if (extra == 0) {
            struct config *config = read_text(*state, text);
            assert_int_equal(config->exempt_count, CONFIG_EXEMPT_MAX);
            config_give(config);
        } else {
            assert_refused(*state, text_of(text), "1: limit.exempt", "64");
        }
    }
}

static void unregistered_limits_scale_with_the_descriptors(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct config *config = read_defaults();
    uint64_t most =
        before.rlim_max > SESSIONS_MAX ? SESSIONS_MAX : before.rlim_max - DESCRIPTORS_KEPT_BACK;
    assert_int_equal(config->unregistered_full, most < 100 ? 100 : most);
    assert_int_equal(config->unregistered_start, most / 10 < 10 ? 10 : most / 10);
    config_give(config);
}

static void a_config_lives_until_all_have_given_it_back(void **state)
{
    (void)state;
    struct config *config = read_defaults();
    assert_ptr_equal(config_take(config), config);
    config_give(config);
    assert_string_equal(config->name, "madang");
    config_give(config);
    config_give(NULL);
}

static void without_memory_nothing_is_made(void **state)
{
    const struct scratch *scratch = *state;
    const char *text = "limit { burst = 6 }\n";
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
}

/* The file that is shipped: as it is, and with every key's line uncommented. */
static char *shipped_read(void)
{
    const char *root = getenv("MADANG_SOURCE_ROOT");
    assert_non_null(root);
    char path[1024];
    snprintf(path, sizeof(path), "%s/dist/madang.conf", root);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, CONFIG_FILE_BYTES_MAX);
    assert_non_null(text);
    assert_true(fread(text, 1, CONFIG_FILE_BYTES_MAX - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void the_shipped_file_means_the_defaults(void **state)
{
    char *text = shipped_read();
    struct config *defaults = read_defaults();
    struct config *config = read_text(*state, text);
    assert_same(config, defaults);
    config_give(config);
    config_give(defaults);
    free(text);
}

/* Prose is "# text", a key is "#key = value". */
static void the_shipped_file_states_every_default(void **state)
{
    char *text = shipped_read();
    size_t key_count;
    const struct config_key *keys = config_keys(&key_count);
    for (size_t i = 0; i < key_count; i++) {
        char line[64];
        snprintf(line, sizeof(line), "\n    #%s = ", keys[i].name);
        if (strstr(text, line) == NULL) {
            fail_msg("dist/madang.conf lacks %s", keys[i].name);
        }
    }
    for (char *at = text; (at = strchr(at, '#')) != NULL; at++) {
        bool own_line = at == text || at[-1] == '\n' || at[-1] == ' ';
        if (own_line && ((at[1] >= 'a' && at[1] <= 'z') || at[1] == '}')) {
            *at = ' ';
        }
    }
    struct config *defaults = read_defaults();
    struct config *config = read_text(*state, text);
    /* These have no one default: they depend on the machine and on who runs the server. */
    config->threads = defaults->threads;
    config->unregistered_start = defaults->unregistered_start;
    config->unregistered_full = defaults->unregistered_full;
    memcpy(config->data, defaults->data, sizeof(config->data));
    config->data_is_default = true;
    memcpy(config->lang, defaults->lang, sizeof(config->lang));
    assert_same(config, defaults);
    config_give(config);
    config_give(defaults);
    free(text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_file_the_defaults_hold),
        TEST(an_empty_file_means_the_defaults),
        TEST(every_key_is_taken),
        TEST(a_section_may_come_in_parts),
        TEST(an_empty_list_exempts_nobody),
        TEST(what_is_wrong_is_told_with_its_line),
        TEST(a_wrong_file_does_not_spoil_the_next),
        TEST(a_nul_is_refused),
        TEST(what_the_file_says_cannot_forge_a_line),
        TEST(lines_and_files_have_bounds),
        TEST(texts_have_bounds),
        TEST(listens_add_up_to_their_bound),
        TEST(a_listen_of_both_is_one),
        TEST(the_command_line_wins),
        TEST(odd_files_are_refused_at_once),
        TEST(a_file_that_may_not_be_read_is_refused),
        TEST(the_data_directory_comes_from_the_environment),
        TEST(a_data_directory_has_a_bound),
        TEST(listens_are_numeric_addresses_and_ports),
        TEST(exempt_addresses_are_found_by_prefix),
        TEST(limits_that_are_not_set_give_way),
        TEST(the_list_of_the_exempt_has_a_bound),
        TEST(unregistered_limits_scale_with_the_descriptors),
        TEST(a_config_lives_until_all_have_given_it_back),
        TEST(without_memory_nothing_is_made),
        TEST(the_shipped_file_means_the_defaults),
        TEST(the_shipped_file_states_every_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
