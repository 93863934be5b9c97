/** The page's program: the interface on the core. */
import { newShare } from '../share'
import { start } from './app'

void start(newShare)
