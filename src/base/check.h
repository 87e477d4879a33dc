/* Assertions that stay on in release builds: a broken invariant must stop the program, not spread.
 */
#ifndef MADANG_BASE_CHECK_H
#define MADANG_BASE_CHECK_H

/* Prints where and what to standard error, then aborts. Any thread. */
_Noreturn void check_failed(const char *condition, const char *file, int line);

#define check(condition)                                                                           \
    (__builtin_expect(!(condition), 0) ? check_failed(#condition, __FILE__, __LINE__) : (void)0)

#endif
