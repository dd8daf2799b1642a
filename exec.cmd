@rem `npm start` begins with exec, a word of POSIX shells: npm's signals reach the node by it. Windows finds this file instead.
@%*
