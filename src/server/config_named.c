/* Reading of what a configuration names; bounded, and opening a file never waits. */
#include "server/config_named.h"

#include "base/lang.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file, and the key that names it. */
struct named {
    const struct config_problem *problem;
    uint32_t line;
    const char *key; /* "server.motd" */
    const char *path;
};

static enum error named_fail(const struct named *named, const char *what, enum error error)
{
    config_problem_put(named->problem, named->line, "%s = \"%.80s\": %s", named->key, named->path,
                       what);
    return error;
}

static enum error named_fail_system(const struct named *named)
{
    int number = errno;
    enum error error = ERR_IO;
    if (number == ENOENT || number == ENOTDIR) {
        error = ERR_NOT_FOUND;
    } else if (number == EACCES || number == EPERM) {
        error = ERR_DENIED;
    }
    return named_fail(named, strerror(number), error);
}

/* Opens a regular file; *out_fd is set only on success. */
static enum error named_open(const struct named *named, int *out_fd, struct stat *out_status)
{
    int fd = open(named->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return named_fail_system(named);
    }
    enum error error = ERR_OK;
    if (fstat(fd, out_status) != 0) {
        error = named_fail_system(named);
    } else if (!S_ISREG(out_status->st_mode)) {
        error = named_fail(named, _("보통 파일이 아닙니다"), ERR_INVALID);
    }
    if (error != ERR_OK) {
        close(fd);
        return error;
    }
    *out_fd = fd;
    return ERR_OK;
}

/* Formatting that IRC clients show: bold, colours, italics and so on, and back to none. */
static bool is_formatting(unsigned char byte)
{
    return byte != '\0' && strchr("\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f", byte) != NULL;
}

/* What one line must be. Returns NULL when all is well. */
static const char *motd_line_fault(struct text line)
{
    if (line.count > MOTD_LINE_BYTES_MAX) {
        return _("줄이 너무 깁니다. 한 줄은 390바이트까지입니다");
    }
    if (!utf8_valid(line)) {
        return _("UTF-8이 아닙니다. 파일을 UTF-8로 저장해 주십시오");
    }
    for (size_t i = 0; i < line.count; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        /* U+0080 to U+009F are controls as well. */
        bool is_c1 = byte == 0xc2 && (unsigned char)line.data[i + 1] < 0xa0;
        if ((byte < 0x20 && !is_formatting(byte)) || byte == 0x7f || is_c1) {
            return _("제어 문자가 있습니다. 글자와 IRC의 서식만 쓸 수 있습니다");
        }
    }
    return NULL;
}

_Static_assert(MOTD_LINE_BYTES_MAX == 390 && MOTD_LINES_MAX == 200 && MOTD_BYTES_MAX == 16384,
               "the sentences state the bounds");

static enum error motd_check(const struct named *named, struct text motd)
{
    uint32_t line_number = 1;
    while (motd.count > 0) {
        const char *newline = memchr(motd.data, '\n', motd.count);
        struct text line = motd;
        if (newline != NULL) {
            line.count = (size_t)(newline - motd.data);
        }
        const char *fault =
            line_number > MOTD_LINES_MAX ? _("200줄까지입니다") : motd_line_fault(line);
        if (fault != NULL) {
            config_problem_put(named->problem, named->line,
                               _("%s = \"%.80s\": 그 파일의 %u번째 줄: %s"), named->key,
                               named->path, line_number, fault);
            return ERR_INVALID;
        }
        size_t used_bytes = line.count + (newline != NULL);
        motd.data += used_bytes;
        motd.count -= used_bytes;
        line_number++;
    }
    return ERR_OK;
}

/* Appends all of the file, as far as it is not too large. */
static enum error motd_take(const struct named *named, int fd, struct bytes *out)
{
    if (bytes_reserve(out, MOTD_BYTES_MAX + 1) != ERR_OK) {
        return named_fail(named, _("메모리가 모자랍니다"), ERR_MEMORY);
    }
    for (;;) {
        size_t room = MOTD_BYTES_MAX + 1 - out->count;
        if (room == 0) {
            return named_fail(named, _("파일이 너무 큽니다. 16384바이트까지 읽습니다"), ERR_LIMIT);
        }
        ssize_t count = read(fd, out->data + out->count, room);
        if (count == 0) {
            return ERR_OK;
        }
        if (count > 0) {
            out->count += (size_t)count;
        } else if (errno != EINTR) {
            return named_fail_system(named);
        }
    }
}

/* Gives the bytes to config, in a block that is no larger than they are. */
static enum error motd_give(const struct named *named, struct text motd, struct config *config)
{
    if (motd.count > 0 && motd.data[motd.count - 1] == '\n') {
        motd.count--;
    }
    if (motd.count == 0) {
        return ERR_OK;
    }
    config->motd = mem_alloc(motd.count);
    if (config->motd == NULL) {
        return named_fail(named, _("메모리가 모자랍니다"), ERR_MEMORY);
    }
    memcpy(config->motd, motd.data, motd.count);
    config->motd_bytes = motd.count;
    return ERR_OK;
}

static enum error motd_read(const struct named *named, struct config *config)
{
    int fd;
    struct stat status;
    enum error error = named_open(named, &fd, &status);
    if (error != ERR_OK) {
        return error;
    }
    struct bytes bytes = {0};
    error = motd_take(named, fd, &bytes);
    close(fd);
    if (error == ERR_OK) {
        error = motd_check(named, bytes_text(&bytes));
    }
    if (error == ERR_OK) {
        error = motd_give(named, bytes_text(&bytes), config);
    }
    bytes_finish(&bytes);
    return error;
}

/* That there is something to read; is_key: and nobody else reads it. */
static enum error tls_look(const struct named *named, bool is_key)
{
    int fd;
    struct stat status;
    enum error error = named_open(named, &fd, &status);
    if (error != ERR_OK) {
        return error;
    }
    close(fd);
    if (status.st_size == 0) {
        return named_fail(named, _("빈 파일입니다"), ERR_INVALID);
    }
    if (is_key && (status.st_mode & S_IRWXO) != 0) {
        return named_fail(named, _("누구나 읽을 수 있는 키입니다. chmod o= 로 막아 주십시오"),
                          ERR_INVALID);
    }
    return ERR_OK;
}

enum error config_named_read(const struct config_problem *problem,
                             const struct config_places *places, struct config *config)
{
    struct named motd = {.problem = problem,
                         .line = config_places_line(places, CONFIG_SERVER, "motd"),
                         .key = "server.motd",
                         .path = config->motd_file};
    struct named certificate = {.problem = problem,
                                .line = config_places_line(places, CONFIG_TLS, "certificate"),
                                .key = "tls.certificate",
                                .path = config->certificate};
    struct named key = {.problem = problem,
                        .line = config_places_line(places, CONFIG_TLS, "key"),
                        .key = "tls.key",
                        .path = config->certificate_key};
    enum error error = ERR_OK;
    if (config->motd_file[0] != '\0') {
        error = motd_read(&motd, config);
    }
    if (error == ERR_OK && config->certificate[0] != '\0') {
        error = tls_look(&certificate, false);
    }
    if (error == ERR_OK && config->certificate_key[0] != '\0') {
        error = tls_look(&key, true);
    }
    return error;
}
