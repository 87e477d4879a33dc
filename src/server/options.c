/* Parsing of the command line. */
#include "server/options.h"

#include "base/lang.h"
#include "base/utf8.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

enum {
    OPTION_LISTEN = 256,
    OPTION_DATA,
    OPTION_CONFIG,
    OPTION_THREADS,
    OPTION_CHECK,
    OPTION_VERSION,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"data", required_argument, NULL, OPTION_DATA},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

const char *options_help(void)
{
    return _("사용법: madangd [--listen 주소:포트]… [--data 디렉터리] [--config 파일]\n"
             "               [--threads 수] [--check] [--version] [--help]\n"
             "\n"
             "  --listen 주소:포트  들을 곳 (기본 127.0.0.1:9999, 여러 번 쓸 수 있음)\n"
             "  --data 디렉터리     대화를 저장할 곳\n"
             "  --config 파일       설정 파일\n"
             "  --threads 수        작업 스레드의 수 (기본: 쓸 수 있는 CPU마다 하나)\n"
             "  --check             설정만 확인하고 끝냄\n"
             "  --version           판을 보여 주고 끝냄\n"
             "  --help              이 도움말\n");
}

static enum error parse_threads(const char *value, uint32_t *out, struct bytes *problem)
{
    char *end;
    errno = 0;
    unsigned long count = strtoul(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || value[0] < '0' || value[0] > '9' ||
        count < 1 || count > WORKERS_MAX) {
        BEST_EFFORT(
            bytes_format(problem, _("--threads 에는 1부터 %d까지의 수를 씁니다"), WORKERS_MAX));
        return ERR_INVALID;
    }
    *out = (uint32_t)count;
    return ERR_OK;
}

static enum error parse_listen(const char *value, struct config_arguments *arguments,
                               struct bytes *problem)
{
    if (arguments->listen_count == LISTENERS_MAX) {
        BEST_EFFORT(bytes_format(problem, _("--listen 은 %d번까지 쓸 수 있습니다"), LISTENERS_MAX));
        return ERR_INVALID;
    }
    if (config_listen_parse(value, &arguments->listens[arguments->listen_count]) != ERR_OK) {
        BEST_EFFORT(bytes_format(problem, "%s",
                                 _("--listen 에는 127.0.0.1:9999 나 [::1]:9999 처럼 씁니다: ")));
        BEST_EFFORT(text_append_visible(problem, text_of(value)));
        return ERR_INVALID;
    }
    arguments->listen_count++;
    return ERR_OK;
}

static enum error parse_path(const char *name, const char *value, const char **out,
                             struct bytes *problem)
{
    if (value[0] == '\0') {
        BEST_EFFORT(bytes_format(problem, _("--%s 의 값이 비어 있습니다"), name));
        return ERR_INVALID;
    }
    *out = value;
    return ERR_OK;
}

static enum error parse_one(int option, struct options *options, struct bytes *problem)
{
    switch (option) {
    case OPTION_LISTEN:
        return parse_listen(optarg, &options->arguments, problem);
    case OPTION_DATA:
        return parse_path("data", optarg, &options->arguments.data, problem);
    case OPTION_CONFIG:
        return parse_path("config", optarg, &options->arguments.file, problem);
    case OPTION_THREADS:
        return parse_threads(optarg, &options->arguments.threads, problem);
    case OPTION_CHECK:
        options->action = OPTIONS_CHECK;
        return ERR_OK;
    case OPTION_VERSION:
        options->action = OPTIONS_VERSION;
        return ERR_OK;
    case OPTION_HELP:
        options->action = OPTIONS_HELP;
        return ERR_OK;
    default:
        return ERR_INVALID;
    }
}

/* The word that getopt stopped at; in the middle of one like "-xy", it has not moved on yet. */
static void append_fault(struct bytes *problem, char **argv)
{
    if (optopt > 0 && optopt < OPTION_LISTEN) {
        const char word[] = {'-', (char)optopt};
        BEST_EFFORT(
            text_append_visible(problem, (struct text){.data = word, .count = sizeof word}));
    } else {
        BEST_EFFORT(text_append_visible(problem, text_of(argv[optind - 1])));
    }
}

enum error options_parse(int argc, char **argv, struct options *out, struct bytes *problem)
{
    struct options options = {.action = OPTIONS_RUN};
    opterr = 0;
    for (;;) {
        int option = getopt_long(argc, argv, "+:", long_options, NULL);
        if (option == -1) {
            break;
        }
        if (option == '?' || option == ':') {
            const char *what = option == ':' ? _("값이 없습니다: ") : _("모르는 선택입니다: ");
            BEST_EFFORT(bytes_format(problem, "%s", what));
            append_fault(problem, argv);
            BEST_EFFORT(bytes_format(problem, " (%s)", _("madangd --help 를 보세요")));
            return ERR_INVALID;
        }
        if (parse_one(option, &options, problem) != ERR_OK) {
            return ERR_INVALID;
        }
        if (options.action == OPTIONS_HELP || options.action == OPTIONS_VERSION) {
            break;
        }
    }
    if (options.action < OPTIONS_HELP && optind < argc) {
        BEST_EFFORT(bytes_format(problem, "%s", _("쓸데없는 인자가 있습니다: ")));
        BEST_EFFORT(text_append_visible(problem, text_of(argv[optind])));
        return ERR_INVALID;
    }
    *out = options;
    return ERR_OK;
}
