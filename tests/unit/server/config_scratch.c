/* Writes files for the configuration to read, and says what was wrong with the answer. */
#include "config_scratch.h"

#include "base/utf8.h"
#include "server/config_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

int scratch_make(void **state)
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

int scratch_remove(void **state)
{
    struct scratch *scratch = *state;
    (void)unlink(scratch->file);
    (void)rmdir(scratch->directory);
    free(scratch);
    return 0;
}

void file_write(const struct scratch *scratch, const char *data, size_t count)
{
    FILE *file = fopen(scratch->file, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

enum error read_file(const char *file, struct config **out, struct bytes *problem)
{
    struct config_arguments arguments = {.file = file};
    return config_read(&arguments, out, problem);
}

struct config *read_text(const struct scratch *scratch, const char *text)
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

void assert_refused(const struct scratch *scratch, struct text bytes, const char *expected,
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

void assert_same(const struct config *a, const struct config *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->info, b->info);
    assert_string_equal(a->network, b->network);
    assert_string_equal(a->lobby, b->lobby);
    assert_string_equal(a->lang, b->lang);
    assert_string_equal(a->casemapping, b->casemapping);
    assert_int_equal(a->admin_count, b->admin_count);
    assert_int_equal(a->motd_bytes, b->motd_bytes);
    assert_int_equal(a->operator_count, b->operator_count);
    assert_int_equal(a->password_hash_cost, b->password_hash_cost);
    assert_int_equal(a->always_on, b->always_on);
    assert_int_equal(a->invisible, b->invisible);
    assert_int_equal(a->listen_count, b->listen_count);
    for (uint32_t i = 0; i < a->listen_count; i++) {
        assert_true(config_listen_equal(&a->listens[i], &b->listens[i]));
        assert_int_equal(a->listens[i].door, b->listens[i].door);
        assert_int_equal(a->listens[i].flood, b->listens[i].flood);
        assert_int_equal(a->listens[i].proxy_protocol, b->listens[i].proxy_protocol);
    }
    size_t key_count;
    const struct config_key *keys = config_keys(&key_count);
    for (size_t i = 0; i < key_count; i++) {
        const char *of_a = (const char *)a + keys[i].offset;
        const char *of_b = (const char *)b + keys[i].offset;
        if (config_section_is_titled(keys[i].section)) {
            continue;
        }
        if (keys[i].kind == CONFIG_NUMBER) {
            assert_memory_equal(of_a, of_b, sizeof(uint32_t));
        } else if (keys[i].kind == CONFIG_FLAG) {
            assert_memory_equal(of_a, of_b, sizeof(bool));
        } else if (keys[i].kind == CONFIG_TEXT || keys[i].kind == CONFIG_WORD) {
            assert_string_equal(of_a, of_b);
        }
    }
    assert_int_equal(a->proxy_count, b->proxy_count);
    assert_memory_equal(a->proxies, b->proxies, a->proxy_count * sizeof(a->proxies[0]));
    assert_int_equal(a->exempt_count, b->exempt_count);
    assert_memory_equal(a->exempt, b->exempt, a->exempt_count * sizeof(a->exempt[0]));
    assert_int_equal(a->sync, b->sync);
    assert_string_equal(a->data, b->data);
    assert_int_equal(a->data_is_default, b->data_is_default);
}

struct config *read_defaults(void)
{
    struct config *config = NULL;
    struct bytes problem = {0};
    assert_int_equal(read_file(NULL, &config, &problem), ERR_OK);
    bytes_finish(&problem);
    return config;
}
