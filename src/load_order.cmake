# Writes the libraries that LIBRARY needs, one path per line, those that others need first: OUTPUT.
# libtorch's own are left out, as they are to share their inline symbols with LIBRARY.
#   cmake -D LIBRARY=... -D OUTPUT=... -P load_order.cmake
execute_process(COMMAND ldd ${LIBRARY} OUTPUT_VARIABLE text RESULT_VARIABLE failed ERROR_QUIET)
set(paths "")
if(NOT failed)
  # Breadth first from LIBRARY: backwards, what a library needs nearly always comes before it.
  string(REGEX MATCHALL "=> /[^\n]* \\(" lines "${text}")
  list(REVERSE lines)
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "=> (/.*) \\($" "\\1" path "${line}")
    if(NOT path MATCHES "/lib(torch|c10)[^/]*$")
      string(APPEND paths "${path}\n")
    endif()
  endforeach()
endif()
file(WRITE ${OUTPUT} "${paths}")
