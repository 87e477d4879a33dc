/* madangd: from the command line to the server. */
#include "base/lang.h"
#include "server/clock.h"
#include "server/options.h"
#include "server/server.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A socket must never become descriptor 0, 1 or 2, or chat would be read from and logged into it.
 */
static void keep_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            int null_fd = open("/dev/null", O_RDWR);
            if (null_fd > STDERR_FILENO) {
                close(null_fd);
            }
        }
    }
}

static int usage_fail(const struct bytes *problem)
{
    fprintf(stderr, "madangd: %.*s\n", (int)problem->count,
            problem->data != NULL ? problem->data : "");
    return 2;
}

static int run(struct options *options, struct bytes *problem)
{
    struct config *config;
    options->arguments.started_ms = clock_unix_ms();
    if (config_read(&options->arguments, &config, problem) != ERR_OK) {
        return usage_fail(problem);
    }
    if (config->lang[0] != '\0') {
        lang_init(config->lang);
    }
    if (options->action == OPTIONS_CHECK) {
        if (config->others_read_secrets) {
            fprintf(stderr, "madangd: %s\n",
                    _("설정 파일에 암호나 해시가 들어 있는데 이 컴퓨터의 누구나 읽을 수 있습니다. "
                      "chmod o= 로 막아 주십시오"));
        }
        config_give(config);
        return 0;
    }
    return server_run(config, &options->arguments);
}

int main(int argc, char **argv)
{
    keep_standard_descriptors();
    lang_init("");
    struct bytes problem = {0};
    struct options options;
    int status = 0;
    if (argc < 1 || options_parse(argc, argv, &options, &problem) != ERR_OK) {
        status = usage_fail(&problem);
    } else if (options.action == OPTIONS_HELP) {
        (void)fputs(options_help(), stdout);
    } else if (options.action == OPTIONS_VERSION) {
        (void)printf("madangd %s\n", MADANG_VERSION);
    } else {
        status = run(&options, &problem);
    }
    bytes_finish(&problem);
    return status;
}
