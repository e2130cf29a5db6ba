/* lib/base/once.h - the one lock of the library, for libraries below it that
 * write to static data of their own when they are first used. */
#ifndef MDW_BASE_ONCE_H
#define MDW_BASE_ONCE_H

/* Held for the length of one such first use, never while anything of the
 * caller's runs. */
void once_lock(void);
void once_unlock(void);

#endif
