/* madang: the terminal client. */
#include "base/lang.h"
#include "client/client.h"
#include "client/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define EXIT_USAGE 2

/* Without this the socket could become descriptor 1, and messages would go back to the server. */
static bool open_standard_descriptors(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0) {
        return false;
    }
    close(fd);
    return true;
}

static const char usage[] = "madang [--server HOST[:PORT]] [--plain] [--tls] [--room NAME] NAME";

static int print_help(void)
{
    printf(_("쓰는 법: %s\n"), usage);
    printf(
        "\n%s\n",
        _("마당 서버나 다른 IRC 서버에 NAME이라는 이름으로 들어갑니다. q나 quit을 치면 나옵니다."));
    printf("\n  --server HOST[:PORT]  %s\n", _("서버 주소 (기본: 127.0.0.1:9999)"));
    printf("  --plain               %s\n", _("줄 끝이 없는 옛 방식의 서버에 들어갑니다"));
    printf("  --tls                 %s\n", _("TLS로 들어갑니다 (다음 판에서 됩니다)"));
    printf("  --room NAME           %s\n", _("들어갈 방 (기본: 서버의 로비)"));
    printf("  --help                %s\n", _("이 도움말을 보입니다"));
    printf("  --version             %s\n", _("판 번호를 보입니다"));
    return fflush(stdout) == 0 ? 0 : 1;
}

static int print_problem(const struct options *options)
{
    struct bytes sentence;
    bytes_init(&sentence);
    if (options_problem_append(options, &sentence) == ERR_OK) {
        fprintf(stderr, "madang: %.*s\n", (int)sentence.count, sentence.data);
    }
    bytes_finish(&sentence);
    if (options->problem == OPTIONS_NAME_MISSING || options->problem == OPTIONS_UNKNOWN) {
        fprintf(stderr, _("쓰는 법: %s\n"), usage);
    }
    return EXIT_USAGE;
}

int main(int argument_count, char **arguments)
{
    if (!open_standard_descriptors()) {
        return 1;
    }
    lang_init("");
    struct options options;
    options_parse(argument_count, arguments, &options);
    if (options.problem != OPTIONS_FINE) {
        return print_problem(&options);
    }
    switch (options.action) {
    case OPTIONS_HELP:
        return print_help();
    case OPTIONS_VERSION:
        printf("madang %s\n", MADANG_VERSION);
        return fflush(stdout) == 0 ? 0 : 1;
    case OPTIONS_RUN:
        break;
    }
    return client_run(&options);
}
