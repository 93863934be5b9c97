/* What the test picture shows, for those who read it back. */
#pragma once

#define LEC_TEST_WIDTH 1920
#define LEC_TEST_HEIGHT 1080
/* At the lower left edge the number of the picture stands in squares from left to right, lowest bit
 * first. */
#define LEC_TEST_NUMBER_BITS 16
#define LEC_TEST_NUMBER_SIZE 40
