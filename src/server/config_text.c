/*
 * Reads a configuration file and makes its text safe to parse. libconfuse 3.3 takes an unclosed
 * comment for the end of the file, passes over characters that it does not know, counts a comment's
 * line twice, starts the next file inside a string that this one left open, and puts the
 * environment's variables into strings. None of that reaches it.
 */
#include "server/config_text.h"

#include "base/lang.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum error error_of(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ERR_DENIED;
    case ENOMEM:
        return ERR_MEMORY;
    default:
        return ERR_IO;
    }
}

static enum error fail_system(const struct config_problem *problem)
{
    int number = errno;
    config_problem_put(problem, 0, _("파일을 읽을 수 없습니다: %s"), strerror(number));
    return error_of(number);
}

static enum error read_all(const struct config_problem *problem, int fd, struct bytes *out)
{
    for (;;) {
        size_t room = CONFIG_FILE_BYTES_MAX + 1 - out->count;
        size_t wanted = room < 16384 ? room : 16384;
        if (wanted == 0) {
            config_problem_put(problem, 0, _("파일이 너무 큽니다. %d바이트까지 읽습니다"),
                               CONFIG_FILE_BYTES_MAX);
            return ERR_LIMIT;
        }
        if (bytes_reserve(out, wanted) != ERR_OK) {
            config_problem_put(problem, 0, "%s", _("메모리가 모자랍니다"));
            return ERR_MEMORY;
        }
        ssize_t count = read(fd, out->data + out->count, wanted);
        if (count == 0) {
            return ERR_OK;
        }
        if (count > 0) {
            out->count += (size_t)count;
        } else if (errno != EINTR) {
            return fail_system(problem);
        }
    }
}

enum error config_text_read(const struct config_problem *problem, struct bytes *out,
                            bool *out_others_read)
{
    size_t count_before = out->count;
    /* A FIFO without a writer would keep an ordinary open waiting. */
    int fd = open(problem->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return fail_system(problem);
    }
    struct stat status;
    enum error error;
    if (fstat(fd, &status) != 0) {
        error = fail_system(problem);
    } else if (!S_ISREG(status.st_mode)) {
        config_problem_put(problem, 0, "%s",
                           _("보통 파일이 아닙니다. 설정 파일을 지정해 주십시오"));
        error = ERR_INVALID;
    } else {
        error = read_all(problem, fd, out);
    }
    close(fd);
    if (error != ERR_OK) {
        out->count = count_before;
        return error;
    }
    *out_others_read = (status.st_mode & S_IROTH) != 0;
    return ERR_OK;
}

/* What a line's bytes must be, wherever they stand. Returns NULL when all is well. */
static const char *line_fault(struct text line)
{
    if (line.count > CONFIG_LINE_BYTES_MAX) {
        return _("줄이 너무 깁니다. 한 줄은 4096바이트까지입니다");
    }
    if (!utf8_valid(line)) {
        return _("UTF-8이 아닙니다. 파일을 UTF-8로 저장해 주십시오");
    }
    for (size_t i = 0; i < line.count; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        if (byte == '\r') {
            return _("CR이 있습니다. 줄은 LF로만 끝나야 합니다");
        }
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return _("제어 문자가 있습니다. 글자만 쓸 수 있습니다");
        }
    }
    return NULL;
}

_Static_assert(CONFIG_LINE_BYTES_MAX == 4096, "the sentence above states the bound");

static enum error check_lines(const struct config_problem *problem, struct text text)
{
    if (text.count >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0) {
        config_problem_put(problem, 1, "%s",
                           _("파일이 BOM으로 시작합니다. BOM 없는 UTF-8로 저장해 주십시오"));
        return ERR_INVALID;
    }
    uint32_t line_number = 1;
    while (text.count > 0) {
        const char *newline = memchr(text.data, '\n', text.count);
        struct text line = text;
        if (newline != NULL) {
            line.count = (size_t)(newline - text.data);
        }
        const char *fault = line_fault(line);
        if (fault != NULL) {
            config_problem_put(problem, line_number, "%s", fault);
            return ERR_INVALID;
        }
        size_t used_bytes = line.count + (newline != NULL);
        text.data += used_bytes;
        text.count -= used_bytes;
        line_number++;
    }
    return ERR_OK;
}

/* A walk over the text. at never passes count. */
struct cleaner {
    const struct config_problem *problem;
    char *data;
    size_t count;
    size_t at;
    uint32_t line;
};

static bool starts(const struct cleaner *cleaner, const char *what)
{
    size_t what_bytes = strlen(what);
    return cleaner->count - cleaner->at >= what_bytes &&
           memcmp(cleaner->data + cleaner->at, what, what_bytes) == 0;
}

static enum error fail(const struct cleaner *cleaner, uint32_t line, const char *sentence)
{
    config_problem_put(cleaner->problem, line, "%s", sentence);
    return ERR_INVALID;
}

static void blank_line_comment(struct cleaner *cleaner)
{
    while (cleaner->at < cleaner->count && cleaner->data[cleaner->at] != '\n') {
        cleaner->data[cleaner->at++] = ' ';
    }
}

static enum error blank_block_comment(struct cleaner *cleaner)
{
    uint32_t first_line = cleaner->line;
    cleaner->data[cleaner->at++] = ' ';
    cleaner->data[cleaner->at++] = ' ';
    while (!starts(cleaner, "*/")) {
        if (cleaner->at == cleaner->count) {
            return fail(cleaner, first_line, _("주석이 닫히지 않았습니다. */ 로 닫아 주십시오"));
        }
        if (cleaner->data[cleaner->at] == '\n') {
            cleaner->line++;
        } else {
            cleaner->data[cleaner->at] = ' ';
        }
        cleaner->at++;
    }
    cleaner->data[cleaner->at++] = ' ';
    cleaner->data[cleaner->at++] = ' ';
    return ERR_OK;
}

static enum error pass_string(struct cleaner *cleaner)
{
    char quote = cleaner->data[cleaner->at++];
    while (cleaner->at < cleaner->count && cleaner->data[cleaner->at] != '\n') {
        char byte = cleaner->data[cleaner->at];
        if (byte == quote) {
            cleaner->at++;
            return ERR_OK;
        }
        if (quote == '"' && starts(cleaner, "${")) {
            return fail(cleaner, cleaner->line,
                        _("${ }는 쓸 수 없습니다. 값을 그대로 적어 주십시오"));
        }
        if (byte == '\\') {
            cleaner->at++;
            if (cleaner->at == cleaner->count ||
                (cleaner->data[cleaner->at] != quote && cleaner->data[cleaner->at] != '\\')) {
                return fail(cleaner, cleaner->line,
                            _("문자열의 역빗금 뒤에는 따옴표나 역빗금만 쓸 수 있습니다"));
            }
        }
        cleaner->at++;
    }
    return fail(cleaner, cleaner->line,
                _("따옴표가 닫히지 않았습니다. 문자열은 한 줄 안에서 끝나야 합니다"));
}

/* Words reach up to the next character that means something to libconfuse. */
static enum error pass_word(struct cleaner *cleaner)
{
    while (cleaner->at < cleaner->count &&
           strchr(" \t\n\"'={}(),+*#", cleaner->data[cleaner->at]) == NULL) {
        if (starts(cleaner, "${")) {
            return fail(cleaner, cleaner->line,
                        _("${ }는 쓸 수 없습니다. 값을 그대로 적어 주십시오"));
        }
        cleaner->at++;
    }
    return ERR_OK;
}

static enum error clean_one(struct cleaner *cleaner)
{
    switch (cleaner->data[cleaner->at]) {
    case '\n':
        cleaner->line++;
        cleaner->at++;
        return ERR_OK;
    case ' ':
    case '\t':
    case '=':
    case '{':
    case '}':
    case ',':
        cleaner->at++;
        return ERR_OK;
    case '(':
    case ')':
    case '+':
    case '*':
        config_problem_put(cleaner->problem, cleaner->line,
                           _("%c는 문자열 밖에 쓸 수 없습니다. 값이라면 따옴표로 묶어 주십시오"),
                           cleaner->data[cleaner->at]);
        return ERR_INVALID;
    case '#':
        blank_line_comment(cleaner);
        return ERR_OK;
    case '"':
    case '\'':
        return pass_string(cleaner);
    default:
        break;
    }
    if (starts(cleaner, "//")) {
        blank_line_comment(cleaner);
        return ERR_OK;
    }
    return starts(cleaner, "/*") ? blank_block_comment(cleaner) : pass_word(cleaner);
}

enum error config_text_clean(const struct config_problem *problem, struct bytes *text)
{
    enum error error = check_lines(problem, bytes_text(text));
    struct cleaner cleaner = {
        .problem = problem, .data = text->data, .count = text->count, .line = 1};
    while (error == ERR_OK && cleaner.at < cleaner.count) {
        error = clean_one(&cleaner);
    }
    return error;
}
