# Manual pages and completion scripts, from the texts of the program itself:
#   cmake -D PROGRAM=build/modattr -D FOLDER=build/share -P make_documents.cmake
function(ask result)
  execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

ask(help help)
string(REGEX REPLACE ".*\nSubcommands:\n" "" commands "${help}")
string(REGEX REPLACE "\n\n.*" "\n" commands "${commands}")
string(REGEX MATCHALL "(^|\n)  [a-z]+" commands "${commands}")
list(TRANSFORM commands STRIP)
file(REMOVE_RECURSE ${FOLDER})
find_program(GZIP gzip)
function(write_page name)
  set(page ${FOLDER}/man/man1/${name}.1)
  file(WRITE ${page} "${text}")
  if(GZIP)
    # Without a name and time inside: the same bytes every time.
    execute_process(COMMAND ${GZIP} -9nf ${page} COMMAND_ERROR_IS_FATAL ANY)
  endif()
endfunction()
ask(text help --man)
write_page(modattr)
foreach(command IN LISTS commands)
  ask(text help ${command} --man)
  write_page(modattr-${command})
endforeach()

ask(bash completion bash)
file(WRITE ${FOLDER}/bash-completion/completions/modattr "${bash}")
ask(fish completion fish)
file(WRITE ${FOLDER}/fish/vendor_completions.d/modattr.fish "${fish}")
# zsh looks for the function _modattr in a file of that name, and runs it where a word is to be completed first.
file(WRITE ${FOLDER}/zsh/vendor-completions/_modattr
     "#compdef modattr\nautoload -Uz bashcompinit\nbashcompinit\n${bash}_bash_complete -o filenames -F _modattr\n")
