# Writes a source that holds the style sheets and scripts of pages:
#   cmake -D FOLDER=assets -D OUTPUT=report_assets.cpp -P embed_assets.cmake
cmake_minimum_required(VERSION 3.22)

# palette.css and figure.css come first: a figure of its own has them, too.
set(styles palette.css figure.css page.css explorer.css)
set(scripts data.js drawing.js details.js explorer.js page.js)

# 'sha256-...' of a text, in base64.
function(hash_source text result)
  string(SHA256 hexadecimal "${text}")
  set(digits ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  string(APPEND hexadecimal 00)
  set(encoded "")
  # 66 hexadecimal digits are 44 of base64; the last one stands for the two zeros.
  foreach(begin RANGE 0 63 3)
    string(SUBSTRING "${hexadecimal}" ${begin} 3 part)
    math(EXPR number "0x${part}")
    math(EXPR high "${number} >> 6")
    math(EXPR low "${number} & 63")
    string(SUBSTRING ${digits} ${high} 1 first)
    string(SUBSTRING ${digits} ${low} 1 second)
    string(APPEND encoded ${first}${second})
  endforeach()
  string(SUBSTRING "${encoded}" 0 43 encoded)
  set(${result} "'sha256-${encoded}='" PARENT_SCOPE)
endfunction()

# CMake lists take semicolons and brackets apart: files are joined as texts.
function(join_files names result)
  set(joined "")
  foreach(name IN LISTS names)
    file(READ ${FOLDER}/${name} content)
    string(APPEND joined "${content}")
  endforeach()
  set(${result} "${joined}" PARENT_SCOPE)
endfunction()

join_files(palette.css palette)
join_files(figure.css figure)
join_files("${styles}" style)
join_files("${scripts}" script)
hash_source("${style}" style_hash)
hash_source("${script}" script_hash)
set(source "#include \"report/figures/assets.h\"\n\nnamespace modattr {\n\nconst ReportAssets& report_assets() {\n")
string(APPEND source "  static const ReportAssets assets{\n")
foreach(name palette figure style script style_hash script_hash)
  string(APPEND source "      .${name} = R\"asset(${${name}})asset\",\n")
endforeach()
string(APPEND source "  };\n  return assets;\n}\n\n}  // namespace modattr\n")
file(WRITE ${OUTPUT} "${source}")
