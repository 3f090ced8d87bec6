package command

const sendHelp = `Send one message, directly through WeCom or through a gateway, and tell what was answered.

It goes to members, departments and tags (--to, --party, --tag, --all), to a group chat that the app
made (--chat), or by a robot to the group that the robot is in (--robot-file or HONGYAN_ROBOT). A
robot needs no corp id, agent id and secret.

--to takes user ids, and mobile:NUMBER and email:ADDRESS for members whose ids are not at hand: they are
looked up. WeCom closes the look-up for a day to a corp that asks in vain too often; a gateway remembers
what it asked, and stops before that.

What is sent is a text: the arguments joined by blanks or, without any or with "-", standard input
without its last line break. One flag makes it something else:
  --markdown       the text is markdown: headings, bold, links, code, quotes, three colours
  --title --url    a text card; the text is its description, in which <div class="gray">, "normal"
                   and "highlight" colour what they hold
  --image, --voice, --video, --file
                   what is in a file; it is uploaded first
  --news           one to eight articles
  --card           a template card, such as one with buttons, from its JSON
  --json           a body of message/send, appchat/send or webhook/send, as WeCom documents it; flags
                   for receivers replace all those in it

WeCom counts at most 2048 bytes of a text (682 Chinese characters) and drops the rest without a word.
A longer one is refused here, unless --split sends it in parts or --truncate accepts the cut.

An article of --news is title,url or title,url,picture-url or title,url,picture-url,description. The
picture may be missing: a third part that is no URL is the description. A comma within a part is
written \, and a backslash \\.

If somebody named did not get the message, it was sent to the others all the same: standard error
names who is missing, and the exit code is 4.

Through a gateway ("hongyan serve") it goes if HONGYAN_URL, HONGYAN_PROFILE, --gateway or --profile
names one, if a flag asks for what only a gateway does, or if there is a default profile and no setting
for the direct way. "accepted" means that the gateway has stored it, and goes on with it whatever
happens; --wait waits for the end. A text that is too long goes in parts by itself (--split=false
refuses it). A file goes to the gateway first, and to WeCom when the message is sent.

With --csv each line of a table becomes a message of its own, to whom the column user or to names; in
the template, --title and --url {{.column}} stands for a column. All lines are checked first, and
--dry-run shows the first messages. Running it again sends only what is missing: lines that are new or
were corrected. --key NAME begins another round of the same table. The exit code is 4 if some lines
failed.
` + gatewayHelp + "\n" + connectHelp + `

Likewise the robot, if no other flag says where the message goes:
  --robot-file    HONGYAN_ROBOT_FILE    a file that holds its key or its whole webhook URL
                  HONGYAN_ROBOT         the key or URL itself
--base-url wins over the host in a webhook URL.`

const sendExamples = `  hongyan send --to zhangsan "磁盘已满"
  hongyan send --to zhangsan,lisi --party 2 --tag 1 "部署完成"
  hongyan send --to mobile:13800000002,email:lisi@example.com "请查收"
  df -h | hongyan send --to zhangsan
  hongyan send --tag 1 --markdown '**db-3** is <font color="warning">91 % full</font>'
  hongyan send --all --title "领奖通知" --url https://example.com/prize "请于本周五前领取"
  hongyan send --to zhangsan --image chart.png
  hongyan send --party 2 --file report.xlsx --safe
  hongyan send --to lisi --video demo.mp4 --title "演示" --description "新版界面"
  hongyan send --to lisi --media-id "$(hongyan media upload chart.png)" --type image
  hongyan send --all --news "菜单,https://example.com/menu,https://example.com/menu.png,第 12 周"
  hongyan send --to zhangsan --card card.json
  hongyan send --chat ops7 --mention zhangsan "谁在值班？"
  hongyan send --robot-file /run/secrets/robot --markdown-v2 - < report.md
  tail -n 200 app.log | hongyan send --to zhangsan --split
  hongyan send --dry-run --to zhangsan --card card.json
  hongyan send --to zhangsan --duplicate-check=10m "once, however often cron says it"
  hongyan send --app crm --to zhangsan --wait 10s "磁盘已满"
  hongyan send --profile prod --to zhangsan --delay 30m --label order=4711 "半小时后开会"
  hongyan send --csv people.csv --template "{{.name}}，您的订单 {{.order}} 已发货" --failed failed.csv
  hongyan send --corp-id ww… --agent-id 1000002 --secret-file /run/secrets/crm --to zhangsan hello`
