/* The configuration: what a file may say, and the one line that it hears otherwise. */
#include "config_scratch.h"

#include "base/mem.h"
#include "server/config_keys.h"
#include "server/config_text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void without_a_file_the_defaults_hold(void **state)
{
    (void)state;
    struct config *config = read_defaults();
    assert_string_equal(config->name, "madang");
    assert_string_equal(config->info, "madang");
    assert_string_equal(config->network, "madang");
    assert_string_equal(config->lobby, "#madang");
    assert_string_equal(config->lang, "");
    assert_string_equal(config->password, "");
    assert_string_equal(config->casemapping, "ascii");
    assert_string_equal(config->icon, "");
    assert_int_equal(config->admin_count, 0);
    assert_null(config->motd);
    assert_false(config->proxy_protocol);
    assert_string_equal(config->certificate, "");
    assert_int_equal(config->operator_count, 0);
    assert_false(config->registration);
    assert_false(config->registration_before_connect);
    assert_false(config->registration_needs_email);
    assert_int_equal(config->password_hash_cost, CONFIG_COST_NORMAL);
    assert_false(config->always_on);
    assert_false(config->invisible);
    assert_int_equal(config->proxy_count, 2);
    assert_string_equal(config->proxy_password, "");
    assert_int_equal(config->listen_count, 1);
    assert_string_equal(config->listens[0].address, "127.0.0.1");
    assert_int_equal(config->listens[0].port, 9999);
    assert_int_equal(config->listens[0].door, DOOR_AUTO);
    assert_true(config->listens[0].flood);
    assert_false(config->listens[0].proxy_protocol);
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
    assert_int_equal(config->oper_again_ms, 10000);
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
    {"listen \"1.2.3.4:5\" {\n flood = no flood = no }", "2: listen.flood", "2"},
    {"listen \"1.2.3.4:5\" { password = x }", "1: ", "listen.password"},
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
    {"listen \"127.0.0.1:0\" {\n flood = 5 }", "2: listen.flood", "true"},
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

/* Keys that have no default, and an example instead. Those of an operator stand in a section that
 * is an example as a whole. */
static bool is_example(const char *key)
{
    static const char *const examples[] = {"password",    "motd", "admin",   "icon",
                                           "certificate", "key",  "operator"};
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        size_t count = strlen(examples[i]);
        if (strncmp(key, examples[i], count) == 0 && key[count] == ' ') {
            return true;
        }
    }
    return false;
}

/* Uncomments every key that has a default. Prose is "# text", a key is "#key = value". */
static void defaults_uncomment(char *text)
{
    bool in_example = false;
    for (char *at = text; (at = strchr(at, '#')) != NULL; at++) {
        bool own_line = at == text || at[-1] == '\n' || at[-1] == ' ';
        bool is_key = own_line && at[1] >= 'a' && at[1] <= 'z';
        bool is_end = own_line && at[1] == '}';
        in_example = in_example || (is_key && strncmp(at + 1, "operator ", 9) == 0);
        if ((is_key || is_end) && !in_example && !is_example(at + 1)) {
            *at = ' ';
        }
        in_example = in_example && !is_end;
    }
}

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
    defaults_uncomment(text);
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
        TEST(odd_files_are_refused_at_once),
        TEST(a_file_that_may_not_be_read_is_refused),
        TEST(without_memory_nothing_is_made),
        TEST(the_shipped_file_means_the_defaults),
        TEST(the_shipped_file_states_every_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
