/* A PIN as people write it, at a keyboard or in a file. Pure. */
#pragma once

/* Both ends take the spaces around it away, in place, and those between digits, which a display
 * groups for reading. */
void lec_pin_tidy(char *pin);
