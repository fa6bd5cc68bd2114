import { Button, Form, View } from '@tarojs/components';
import Taro from '@tarojs/taro';

export default function Cart() {
  return (
    <View>
      <Form id="order" data-track="order" onSubmit={() => {}}>
        <Button id="send" formType="submit">
          下单
        </Button>
      </Form>
      <Button id="back" data-track="back" onClick={() => Taro.navigateBack()}>
        返回
      </Button>
    </View>
  );
}
