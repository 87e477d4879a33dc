/*
 * Passwords as they are kept: hashes by Argon2id (RFC 9106), in the form of the Password Hashing
 * Competition, "$argon2id$v=19$m=19456,t=2,p=1$salt$hash".
 */
#ifndef MADANG_AUTH_PASSWORD_H
#define MADANG_AUTH_PASSWORD_H

#include "base/bytes.h"

#define PASSWORD_BYTES_MAX 300 /* As OPER and PASS can carry it in a line. */
#define PASSWORD_HASH_BYTES_MAX 127
/* What one check may take: memory, and passes over it. */
#define PASSWORD_HASH_KIB_MAX (64 * 1024)
#define PASSWORD_HASH_PASSES_MAX 10

enum password_form {
    PASSWORD_FORM_OK,
    PASSWORD_FORM_WRONG,  /* Not of that form, or of another function than Argon2id. */
    PASSWORD_FORM_COSTLY, /* Takes more than PASSWORD_HASH_KIB_MAX or PASSWORD_HASH_PASSES_MAX. */
};

/* Whether a hash can be checked against, and within which cost. Any thread. */
enum password_form password_hash_check(struct text hash);

/*
 * Whether the password is the one that hash was made of. Takes as long whether it is or not; a hash
 * that password_hash_check() does not pass, such as "", is never right and takes what an ordinary
 * one does; so does a password of more than PASSWORD_BYTES_MAX. Without memory it is not right. Up
 * to a second; needs the memory that the hash says. Any thread.
 */
bool password_verify(struct text hash, struct text password);

#endif
